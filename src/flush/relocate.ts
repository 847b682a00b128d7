/** Moves what former versions buffered to where this one looks for it. */

import { FORMER_BACKLOGS, relocated } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";
import type { Lease } from "./lease.ts";

/** Entries of one commit: of the largest values, one operation holds so many. */
const ENTRIES_PER_COMMIT = 9;

/**
 * Moves some entries, under the lease, so that no two processes move the same.
 *
 * @returns whether there may be more; `null` where the lease was lost
 */
export async function relocateSome(kv: Kv, lease: Lease): Promise<boolean | null> {
  for (const prefix of FORMER_BACKLOGS) {
    const entries = await Array.fromAsync(kv.list({ prefix }, { limit: ENTRIES_PER_COMMIT }));
    if (entries.length === 0) continue;
    const held = await lease.commit((operation) => {
      for (const { key, value } of entries) operation.set(relocated(key), value).delete(key);
    });
    return held || null;
  }
  return false;
}
