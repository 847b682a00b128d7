/** Reconciliation, which the flusher calls when nothing is in flight. */

import { Baseline } from "../reconciliation/baseline.ts";
import { createReconcile, type Differences, type Rest } from "../reconciliation/reconcile.ts";
import { countRows } from "../store/count_rows.ts";
import { readKvStore, registerKvStore } from "../store/kv_stores.ts";
import type { AppParts } from "./parts.ts";

/** Reconciles the counters with Postgres. */
export interface Reconciling {
  /** Call it under the flush lease before rows are inserted. */
  readonly open: () => Promise<void>;
  /** Asks for an exact check by the next flush of this process. */
  readonly request: () => void;
  /** Call it under the flush lease when nothing is in flight: makes the check if one was requested. */
  readonly onRest: (rest: Rest) => Promise<void>;
  /** Checks without the lease what can be, if the requested check has not been made. */
  readonly finish: () => Promise<void>;
  /** The result of the last check, `null` before the first. A failure keeps the previous result. */
  readonly differences: () => Differences | null;
  /** The id of KV if it seems to have been emptied or replaced (contract 11.10), else `null`. */
  readonly suspectKv: () => string | null;
}

/** Flushes wait for the count. */
const COUNT_MS = 5_000;

/** Creates the checks. */
export function wireReconciliation({ kv, newId, database }: AppParts): Reconciling {
  const countAll = () => database.run(countRows, COUNT_MS);
  const baseline = new Baseline({
    kv,
    newId,
    countRows: countAll,
    register: (store) => database.run((sql) => registerKvStore(sql, store), COUNT_MS),
    readStore: (id) => database.run((sql) => readKvStore(sql, id), COUNT_MS),
  });
  const reconcile = createReconcile({ kv, countRows: countAll, baseline });
  let last: Differences | null = null;
  let isDue = false;

  async function check(rest: Rest | null): Promise<void> {
    try {
      const { differences } = await reconcile(rest);
      const rows = differences.rows ?? (rest === null ? last?.rows ?? null : null);
      last = { ...differences, rows };
    } catch {
      // KV fails, which its health check reports.
    }
  }

  return {
    open: () => baseline.open(),
    request() {
      isDue = true;
    },
    async onRest(rest) {
      if (!isDue) return;
      isDue = false;
      await check(rest);
    },
    async finish() {
      if (isDue) await check(null);
    },
    differences: () => last,
    suspectKv: () => baseline.suspectId,
  };
}
