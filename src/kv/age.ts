/** How old what waits in KV is, by the time that its ids (UUID version 7) begin with. */

import { readIdTime } from "../events/id.ts";
import type { Kv, KvKey } from "./port.ts";

/**
 * Seconds since the oldest entry was made, 0 where there is none.
 *
 * @param prefix of keys that go on with an id
 */
export async function oldestAge(kv: Kv, prefix: KvKey, now: number): Promise<number> {
  for await (const { key } of kv.list({ prefix }, { limit: 1 })) {
    return Math.max(0, now - readIdTime(String(key[prefix.length]))) / 1000;
  }
  return 0;
}
