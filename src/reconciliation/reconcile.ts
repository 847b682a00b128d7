/**
 * Reconciliation: checks that no event was lost or stored twice. Three equations must hold:
 *
 *     received = accepted + duplicates + rejected
 *     accepted = stored + replays + buffered + dead_letters + set_aside
 *     stored   = rows in Postgres, less those of the baseline
 *
 * The counters change in the same commits that move the events. Postgres counts rows independently, in
 * the statement that inserts them.
 */

import { getLogger } from "@logtape/logtape";
import { type Balance, readBalance } from "../kv/counter.ts";
import type { Kv } from "../kv/port.ts";
import { repairCounters } from "../kv/repair_counters.ts";
import type { Baseline } from "./baseline.ts";

/** Options of `createReconcile`. */
export interface ReconcileOptions {
  readonly kv: Kv;
  /** Reads the number of rows that Postgres has counted; rejects while it is unavailable. */
  readonly countRows: () => Promise<number>;
  readonly baseline: Pick<Baseline, "read" | "record">;
}

/** A moment at which the holder of the flush lease has nothing in flight. */
export interface Rest {
  /** Whether the buffer was seen empty: then nothing is left of a process that died between insert and commit. */
  readonly drained: boolean;
  /** Whether the lease has been held until now. */
  readonly isHeld: () => Promise<boolean>;
}

/** Left side minus right side of each equation: 0 where it holds. */
export type Differences = {
  /** received − accepted − duplicates − rejected */
  readonly received: number;
  /** accepted − stored − replays − buffered − dead_letters − set_aside */
  readonly accepted: number;
  /**
   * stored − rows: positive where rows are missing, negative where there are too many. `null` where it
   * cannot be determined: rows are being inserted, Postgres is unavailable, or there is no baseline yet.
   */
  readonly rows: number | null;
};

/** The result of one reconciliation. */
export interface Reconciliation {
  /** The counters, from one snapshot. */
  readonly balance: Balance;
  readonly differences: Differences;
}

const logger = getLogger(["sluice", "reconciliation"]);

/**
 * Creates the function that checks the equations and logs an error where one does not hold.
 *
 * Under load rows are always ahead of `stored`, by those inserted and not yet committed, which would hide
 * missing ones. So the exact check is made at rest, by the flusher that holds the lease; at other times only
 * what no insert in flight can explain counts.
 */
export function createReconcile(
  options: ReconcileOptions,
): (rest: Rest | null) => Promise<Reconciliation> {
  const { kv, baseline } = options;

  /** The third equation. */
  async function compareRows(rest: Rest | null, before: Balance): Promise<number | null> {
    const rows = await options.countRows().catch(() => null);
    if (rows === null) return null;
    const rowsBefore = await baseline.read();
    const { stored, buffered } = await readBalance(kv);
    const isHeld = rest !== null && await rest.isHeld();
    const isExact = isHeld && rest.drained;
    if (rowsBefore === null) {
      if (isExact) await baseline.record(Math.max(0, rows - stored));
      return null;
    }
    const missing = before.stored - (rows - rowsBefore);
    const surplus = (rows - rowsBefore) - stored - (isExact ? 0 : buffered);
    if (missing > 0) return missing;
    if (surplus > 0) return -surplus;
    return isHeld ? 0 : null;
  }

  return async function reconcile(rest) {
    await repairCounters(kv);
    const before = await readBalance(kv);
    const rows = await compareRows(rest, before);
    const balance = await readBalance(kv);
    const differences: Differences = {
      received: balance.received - balance.accepted - balance.duplicates - balance.rejected,
      accepted: balance.accepted - balance.stored - balance.replays - balance.buffered -
        balance.dead_letters - balance.set_aside,
      rows,
    };
    if (Object.values(differences).some((difference) => difference)) {
      logger.error("The counters do not reconcile: {differences}", { differences, balance });
    }
    return { balance, differences };
  };
}
