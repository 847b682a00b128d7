/** Collects the current state of the service. */

import type { Clock } from "../clock.ts";
import { readOldestAge } from "../kv/age.ts";
import { readBalance } from "../kv/counter.ts";
import { countDamage } from "../kv/damage.ts";
import { SEGMENTS } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";
import { countSetAside } from "../kv/set_aside.ts";
import type { Database, Sql } from "../store/database.ts";
import { countDeadLetters } from "../store/dead_letters.ts";
import { readCounts } from "../store/plots.ts";
import { estimateQuantile } from "./flush_histogram.ts";
import { readProcesses } from "./processes.ts";
import type { Overview } from "./schema/overview.ts";

/** Options of `readOverview`. */
export interface OverviewOptions {
  readonly kv: Kv;
  readonly database: Pick<Database, "run">;
  readonly clock: Pick<Clock, "now">;
  readonly isProcessing: () => Promise<boolean>;
  /** Why each part is not ready; `null` where it is. */
  readonly checkHealth: () => Promise<Readonly<Record<Part, { readonly reason: string | null }>>>;
  /** Differences found by the last reconciliation; `null` before the first. */
  readonly differences: () => Overview["reconciliation"] | null;
  /** The id of KV if it seems to have been emptied or replaced, else `null`. */
  readonly suspectKv: () => string | null;
  readonly enableEnrichment: boolean;
  /** The age of the oldest record that waits for enrichment, and how many fail while others do not. */
  readonly readEnrichment: () => Promise<{ lagSeconds: number; failingRecords: number }>;
}

type Part = keyof Overview["health"];

const FLUSH_WINDOW_SECONDS = 3600;

/** Reads the overview. Values from Postgres are `null` while it is unavailable. */
export async function readOverview(options: OverviewOptions): Promise<Overview> {
  const { kv, database, clock, enableEnrichment } = options;
  const now = clock.now();
  const { kv: kvHealth, postgres, flush, enrichment } = await options.checkHealth();
  const [balance, setAside, isProcessing, oldestSeconds, waiting, processes, stored] = await Promise
    .all([
      readBalance(kv),
      countSetAside(kv),
      options.isProcessing(),
      readOldestAge(kv, SEGMENTS, now),
      options.readEnrichment(),
      readProcesses(kv, now),
      postgres.reason === null
        ? database.run((sql) => readStored(sql, now)).catch(() => null)
        : null,
    ]);
  return {
    at: new Date(now).toISOString(),
    buffer: { events: balance.buffered, oldestSeconds: oldestSeconds || null, isProcessing },
    balance,
    flush: { p50Ms: stored?.p50Ms ?? null, p99Ms: stored?.p99Ms ?? null },
    enrichment: { enabled: enableEnrichment, lagSeconds: waiting.lagSeconds || null },
    deadLetters: stored?.deadLetters ?? null,
    failingRecords: waiting.failingRecords,
    setAside: setAside.values().reduce((sum, count) => sum + count, 0),
    damagedValues: countDamage(kv),
    processes,
    health: {
      kv: kvHealth.reason,
      postgres: postgres.reason,
      flush: flush.reason,
      enrichment: enrichment.reason,
    },
    reconciliation: options.differences() ?? { received: 0, accepted: 0, rows: null },
    suspectKv: options.suspectKv(),
  };
}

async function readStored(sql: Sql, now: number) {
  const span = { from: now / 1000 - FLUSH_WINDOW_SECONDS, stepSeconds: FLUSH_WINDOW_SECONDS };
  const [flushes, deadLetters] = await Promise.all([
    readCounts(sql, "flush", span),
    countDeadLetters(sql),
  ]);
  return {
    p50Ms: estimateQuantile(flushes, 0.5),
    p99Ms: estimateQuantile(flushes, 0.99),
    deadLetters,
  };
}
