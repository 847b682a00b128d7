/** Opens the KV that the settings name. */

import { dirname } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { makePrivateFile, makePrivateIfExists } from "../private_files.ts";
import { isPostgresUrl } from "../store/connection_string.ts";
import { checkFormat } from "./format.ts";
import { KvFormatError } from "./format_error.ts";
import { createHeal } from "./heal.ts";
import {
  CONNECT_LIMITS,
  type KvLimits,
  LOCAL_LIMITS,
  MANAGED_LIMITS,
  POSTGRES_LIMITS,
} from "./limits.ts";
import { saysPostgresAway } from "./postgres/away.ts";
import { MISSING_PRIVILEGES, saysDenied } from "./postgres/privileges.ts";
import { PostgresKv } from "./postgres/kv.ts";
import { checkCounters } from "./raw_file.ts";
import { RemoteKv, type RemoteKvOptions } from "./remote.ts";
import { type DiskReserve, saysDiskFull } from "./reserve.ts";
import { retryingKv, type RetryOptions, retryWhenLocked } from "./retry_when_locked.ts";

const logger = getLogger(["sluice", "kv"]);

/** A KV that cannot be opened; the message is for the operator. */
export class KvOpenError extends Error {
  override readonly name = "KvOpenError";
}

/** Options of `openKv`. */
export interface KvOpenOptions extends RetryOptions {
  /** Given up if there is no room to open the KV. */
  readonly reserve?: Pick<DiskReserve, "release"> | undefined;
}

/**
 * Opens a KV, and marks an unused one with the format that this code writes.
 *
 * @throws {KvOpenError} where it cannot be opened, or is in a newer format
 * @param path a file or `:memory:`
 */
export async function openKv(path: string | null, retry: KvOpenOptions): Promise<Deno.Kv> {
  try {
    if (path !== null && isFile(path)) {
      await prepareFile(path);
      await checkCounters(path).catch((error) =>
        logger.debug("The counters in KV could not be checked: {error}", { error })
      );
    }
    return await openReadable(path, retry);
  } catch (error) {
    throw toOpenError(path, error);
  }
}

/** Options of `openRemoteKv`. */
export interface RemoteOpenOptions {
  readonly clock: Pick<Clock, "monotonic" | "after">;
  /** How long an operation waits for its response (`KV_TIMEOUT_MS`). */
  readonly deadlineMs: number;
}

/**
 * Opens a KV over a network. One that is away is opened as soon as it is there; until then its operations
 * are rejected.
 *
 * @throws {KvOpenError} where the URL or the token is wrong, or it is in a newer format
 */
export async function openRemoteKv(
  path: string | null,
  options: RemoteOpenOptions,
): Promise<RemoteKv> {
  const kv = new RemoteKv({ ...options, ...opener(path, options) });
  try {
    await kv.open();
    return kv;
  } catch (error) {
    await kv.close();
    throw toOpenError(path, error);
  }
}

function opener(
  path: string | null,
  options: RemoteOpenOptions,
): Pick<RemoteKvOptions, "open" | "saysAway"> {
  if (path === null || !isPostgresUrl(path)) return { open: () => Deno.openKv(path ?? undefined) };
  const open = () => PostgresKv.open({ url: path, ...options });
  return { open, saysAway: saysPostgresAway };
}

function toOpenError(path: string | null, error: unknown): KvOpenError {
  if (error instanceof KvFormatError) return new KvOpenError(error.message, { cause: error });
  const reason = error instanceof Error ? error.message : String(error);
  return new KvOpenError(
    `Cannot open the KV at KV_PATH ${describePath(path)}: ${reason}. ${advise(path, error)}`.trim(),
    { cause: error },
  );
}

/** What PostgreSQL says is enough, but for what its role needs. */
function advise(path: string | null, error: unknown): string {
  if (path === null || !isPostgresUrl(path)) {
    return "KV_PATH must be a file, :memory:, a KV Connect URL with DENO_KV_ACCESS_TOKEN set, or the URL of " +
      "a PostgreSQL server.";
  }
  return saysDenied(error) ? `${MISSING_PRIVILEGES}.` : "";
}

/** Names a KV without its password. */
function describePath(path: string | null): string {
  return path !== null && isPostgresUrl(path) ? '"postgres://…"' : JSON.stringify(path);
}

/** Opens a KV, with the room of the reserve if the disk has no other. */
async function openReadable(path: string | null, retry: KvOpenOptions): Promise<Deno.Kv> {
  const open = () => retryWhenLocked(() => Deno.openKv(path ?? undefined), retry);
  const kv = await open().catch(async (error) => {
    if (retry.reserve === undefined || !saysDiskFull(error)) throw error;
    await retry.reserve.release();
    return await open();
  });
  const file = path !== null && isFile(path) ? path : null;
  const heal = createHeal(file, { kv: retryingKv(kv, retry), healing: () => healing });
  const healing = retryingKv(kv, { ...retry, heal });
  return await closeUnlessReadable(healing);
}

/** The files that SQLite adds have the permissions of the first. */
const COMPANIONS = ["-wal", "-shm"];

/** Creates the file and its folder, readable for this user only, unless they exist. */
async function prepareFile(path: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await makePrivateFile(path);
  for (const companion of COMPANIONS) await makePrivateIfExists(path + companion);
}

async function closeUnlessReadable(kv: Deno.Kv): Promise<Deno.Kv> {
  try {
    await checkFormat(kv);
    return kv;
  } catch (error) {
    kv.close();
    throw error;
  }
}

/**
 * Chooses the limits for the KV at a path.
 *
 * @param commitsInFlight group commits in flight at once, where that helps (`KV_COMMITS_IN_FLIGHT`)
 */
export function chooseLimits(path: string | null, commitsInFlight: number): KvLimits {
  if (isConnectUrl(path)) return { ...CONNECT_LIMITS, commitsInFlight };
  if (path !== null && isPostgresUrl(path)) return POSTGRES_LIMITS;
  return path === null ? { ...MANAGED_LIMITS, commitsInFlight } : LOCAL_LIMITS;
}

function isConnectUrl(path: string | null): boolean {
  return path !== null && /^https?:\/\//.test(path);
}

/** Whether the KV at a path is on the other side of a network. */
export function isRemote(path: string | null): boolean {
  return path === null || isConnectUrl(path) || isPostgresUrl(path);
}

/** Whether the KV at a path is a file. */
export function isFile(path: string): boolean {
  return path !== ":memory:" && !isRemote(path);
}
