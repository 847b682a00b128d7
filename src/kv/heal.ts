/** Repairs damage in KV that an operation failed for, so that it can be retried (contract 8.10). */

import { getLogger } from "@logtape/logtape";
import type { Kv } from "./port.ts";
import { type KvRange, saysUndeserializable, turnIntoBytes } from "./raw_file.ts";
import { repairCounters, saysNoCounter } from "./repair_counters.ts";

/** @returns whether the operation that failed may succeed now */
export type Heal = (error: unknown, reads: readonly KvRange[]) => Promise<boolean>;

const logger = getLogger(["sluice", "kv"]);

/**
 * Creates the function that repairs damage.
 *
 * @param path the KV's file, `null` where it is none: then values that cannot be deserialized stay
 * @param kv without repairs, to find out which values can be read
 * @param healing the same KV with repairs
 */
export function createHeal(
  path: string | null,
  { kv, healing }: { readonly kv: Kv; readonly healing: () => Kv },
): Heal {
  /** One rewriting at a time: the next finds it done. */
  let turn: Promise<unknown> = Promise.resolve();

  async function repair(error: unknown, reads: readonly KvRange[]): Promise<boolean> {
    if (saysNoCounter(error)) await repairCounters(healing());
    else if (path === null || !saysUndeserializable(error)) return false;
    else {
      const turned = turn.then(() => turnIntoBytes(path, kv, reads));
      turn = turned.catch(() => {});
      await turned;
    }
    return true;
  }

  return async function heal(error, reads) {
    try {
      return await repair(error, reads);
    } catch (failure) {
      logger.warn("Damage in KV could not be repaired: {failure}", { failure });
      return false;
    }
  };
}
