/** The age of entries in KV, from the time in their ids (UUID version 7). */

import { readIdTime } from "../events/id.ts";
import type { Kv, KvKey } from "./port.ts";

/**
 * Reads the age of the oldest entry in seconds, 0 if there is none.
 *
 * @param prefix of keys whose next part is an id
 * @param now epoch milliseconds
 */
export async function readOldestAge(kv: Kv, prefix: KvKey, now: number): Promise<number> {
  for await (const { key } of kv.list({ prefix }, { limit: 1 })) {
    return Math.max(0, now - readIdTime(String(key[prefix.length]))) / 1000;
  }
  return 0;
}
