/** Opens the KV of the service for commands that work on it. */

import { systemClock } from "../clock.ts";
import { isFile, isRemote, KvOpenError, openKv, openRemoteKv } from "../kv/open.ts";
import type { Kv } from "../kv/port.ts";
import type { RemoteKv } from "../kv/remote.ts";
import { printError } from "./terminal.ts";

/** A command may wait for longer than a request. */
const DEADLINE_MS = 30_000;

/**
 * Opens the KV at `KV_PATH`, or says why it cannot be and exits. Opening a file that is not there would
 * create it, and the command would say that there is nothing to do.
 */
export async function openExistingKvOrExit(path: string | null): Promise<Kv & Disposable> {
  if (path !== null && isFile(path)) {
    await Deno.stat(path).catch((error) => exitWith(`Cannot open the KV at KV_PATH: ${error}`));
  }
  const kv = isRemote(path)
    ? openRemote(path)
    : openKv(path, { clock: systemClock, random: Math.random });
  return await kv.catch((error) =>
    exitWith(error instanceof KvOpenError ? error.message : String(error))
  );
}

async function openRemote(path: string | null): Promise<RemoteKv> {
  const kv = await openRemoteKv(path, { clock: systemClock, deadlineMs: DEADLINE_MS });
  if (kv.awayBecause !== null) exitWith(`The KV at KV_PATH cannot be reached: ${kv.awayBecause}`);
  return kv;
}

function exitWith(message: string): never {
  printError(message);
  Deno.exit(1);
}
