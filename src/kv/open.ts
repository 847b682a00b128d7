/** Opens the KV that the settings name. */

import { dirname } from "node:path";
import { CONNECT_LIMITS, type KvLimits, LOCAL_LIMITS, MANAGED_LIMITS } from "./limits.ts";
import { retryingKv, type RetryOptions, retryWhenLocked } from "./retry_when_locked.ts";

/** A KV that cannot be opened, with a sentence for the operator. */
export class KvOpenError extends Error {
  override readonly name = "KvOpenError";
}

/**
 * @throws {KvOpenError} where it cannot be opened
 * @param path a file, `:memory:`, a KV Connect URL, or `null` for the platform's managed KV
 */
export async function openKv(path: string | null, patience: RetryOptions): Promise<Deno.Kv> {
  try {
    if (path !== null && isFile(path)) await Deno.mkdir(dirname(path), { recursive: true });
    const kv = await retryWhenLocked(() => Deno.openKv(path ?? undefined), patience);
    return retryingKv(kv, patience);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KvOpenError(
      `KV_PATH is ${
        JSON.stringify(path)
      }, and no KV can be opened there: ${reason}. It takes a file, ` +
        ":memory:, or a KV Connect URL with DENO_KV_ACCESS_TOKEN.",
      { cause: error },
    );
  }
}

/** A process remembers what is in the log, about 200 bytes an event: for longer than this it is too much. */
const MAX_LOGGED_SECONDS = 120;

/**
 * The limits of the KV at a path.
 *
 * @param deduplicationSeconds for how long fingerprints are remembered
 */
export function limitsOf(path: string | null, deduplicationSeconds: number): KvLimits {
  if (isConnectUrl(path)) return CONNECT_LIMITS;
  if (path === null) return MANAGED_LIMITS;
  return { ...LOCAL_LIMITS, fingerprintLog: deduplicationSeconds <= MAX_LOGGED_SECONDS };
}

function isConnectUrl(path: string | null): boolean {
  return path !== null && /^https?:\/\//.test(path);
}

function isFile(path: string): boolean {
  return path !== ":memory:" && !isConnectUrl(path);
}
