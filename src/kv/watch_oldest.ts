/** Watches whether the oldest entry changes, and how old it is. */

import type { Clock } from "../clock.ts";
import { readIdTime } from "../events/id.ts";
import type { Kv, KvKey } from "./port.ts";

/** What is known about the oldest entry. */
export interface Oldest {
  /** How long it has been the same one, from check to check; 0 if there is none. */
  readonly unchangedMs: number;
  /** The age of its id; 0 if there is none. */
  readonly ageMs: number;
}

const NONE: Oldest = { unchangedMs: 0, ageMs: 0 };

/** Reads the id of the oldest entry under a prefix, the next part of its key; `null` if there is none. */
export async function readOldestId(kv: Kv, prefix: KvKey): Promise<string | null> {
  for await (const { key } of kv.list({ prefix }, { limit: 1 })) return String(key[prefix.length]);
  return null;
}

/** Creates a check of the oldest entry, whose id `readId` returns. */
export function watchOldest(
  readId: () => Promise<string | null>,
  clock: Pick<Clock, "now" | "monotonic">,
): () => Promise<Oldest> {
  let oldest: string | null = null;
  let since = 0;
  return async function checkOldest() {
    const now = await readId();
    if (now !== oldest) since = clock.monotonic();
    oldest = now;
    if (now === null) return NONE;
    const ageMs = clock.now() - readIdTime(now);
    return { unchangedMs: clock.monotonic() - since, ageMs };
  };
}
