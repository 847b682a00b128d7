/** Watches whether the oldest entry under a prefix changes, and how old it is. */

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

/** Creates a check of the oldest entry under a prefix, of keys whose next part is an id. */
export function watchOldest(
  kv: Kv,
  prefix: KvKey,
  clock: Pick<Clock, "now" | "monotonic">,
): () => Promise<Oldest> {
  let oldest: unknown = null;
  let since = 0;
  return async function checkOldest() {
    let now: unknown = null;
    for await (const { key } of kv.list({ prefix }, { limit: 1 })) now = key[prefix.length];
    if (now !== oldest) since = clock.monotonic();
    oldest = now;
    if (now === null) return NONE;
    const ageMs = clock.now() - readIdTime(String(now));
    return { unchangedMs: clock.monotonic() - since, ageMs };
  };
}
