/** Opens the KV of the service for commands that work on it. */

import { systemClock } from "../clock.ts";
import { isFile, KvOpenError, openKv } from "../kv/open.ts";
import type { Kv } from "../kv/port.ts";
import { printError } from "./terminal.ts";

/**
 * Opens the KV at `KV_PATH`, or says why it cannot be and exits. Opening a file that is not there would
 * create it, and the command would say that there is nothing to do.
 */
export async function openExistingKvOrExit(path: string | null): Promise<Kv & Disposable> {
  if (path !== null && isFile(path)) {
    await Deno.stat(path).catch((error) => exitWith(`Cannot open the KV at KV_PATH: ${error}`));
  }
  return await openKv(path, { clock: systemClock, random: Math.random })
    .catch((error) => exitWith(error instanceof KvOpenError ? error.message : String(error)));
}

function exitWith(message: string): never {
  printError(message);
  Deno.exit(1);
}
