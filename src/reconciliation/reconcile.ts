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
import { RECONCILIATION_BASELINE } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";

/** Options of `createReconcile`. */
export interface ReconcileOptions {
  readonly kv: Kv;
  /** Reads the number of rows that Postgres has counted; rejects while it is unavailable. */
  readonly countRows: () => Promise<number>;
  /** Whether any process is flushing. */
  readonly isFlushing: () => Promise<boolean>;
}

/** Left side minus right side of each equation: 0 where it holds. */
export type Differences = {
  /** received − accepted − duplicates − rejected */
  readonly received: number;
  /** accepted − stored − replays − buffered − dead_letters − set_aside */
  readonly accepted: number;
  /**
   * stored − rows: positive where rows are missing, negative where there are too many. `null` where it
   * cannot be determined: events are buffered or being flushed, Postgres is unavailable, or there is no
   * baseline yet.
   */
  readonly rows: number | null;
};

/** The result of one reconciliation. */
export interface Reconciliation {
  /** The counters, from one snapshot. */
  readonly balance: Balance;
  readonly differences: Differences;
}

/** The starting point of the third equation. */
interface Baseline {
  /** Rows in Postgres that this KV's counters do not include. */
  readonly rows: number;
}

const logger = getLogger(["sluice", "reconciliation"]);

/**
 * Creates the function that checks the equations and logs an error where one does not hold. The first
 * call that finds nothing buffered records the baseline.
 */
export function createReconcile(options: ReconcileOptions): () => Promise<Reconciliation> {
  const { kv } = options;
  return async function reconcile() {
    const before = await readBalance(kv);
    const isIdle = before.buffered === 0 && !await options.isFlushing();
    const rows = isIdle ? await options.countRows().catch(() => null) : null;
    const baseline = await kv.get<Baseline>(RECONCILIATION_BASELINE);
    const balance = await readBalance(kv);
    const isUnchanged = balance.stored === before.stored && balance.buffered === 0;
    const comparableRows = isUnchanged ? rows : null;
    if (baseline.value === null && comparableRows !== null) {
      await recordBaseline(kv, { rows: comparableRows - balance.stored });
    }
    const differences: Differences = {
      received: balance.received - balance.accepted - balance.duplicates - balance.rejected,
      accepted: balance.accepted - balance.stored - balance.replays - balance.buffered -
        balance.dead_letters - balance.set_aside,
      rows: baseline.value === null || comparableRows === null
        ? null
        : balance.stored - (comparableRows - baseline.value.rows),
    };
    if (Object.values(differences).some((difference) => difference)) {
      logger.error("The counters do not reconcile: {differences}", { differences, balance });
    }
    return { balance, differences };
  };
}

/** Another process may have recorded it first. */
async function recordBaseline(kv: Kv, baseline: Baseline): Promise<void> {
  await kv.atomic()
    .check({ key: RECONCILIATION_BASELINE, versionstamp: null })
    .set(RECONCILIATION_BASELINE, baseline)
    .commit();
}
