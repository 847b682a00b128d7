/** How the service is right now. */

import type { Clock } from "../clock.ts";
import { oldestAge } from "../kv/age.ts";
import { readBalance } from "../kv/counter.ts";
import { outboxPrefix, SEGMENTS } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";
import type { Database, Sql } from "../store/database.ts";
import { countDeadLetters } from "../store/dead_letters.ts";
import { readCounts } from "../store/plots.ts";
import { quantileOf } from "./flush_times.ts";
import type { Overview } from "./schema.ts";

/** What an overview is gathered from. */
export interface OverviewOptions {
  readonly kv: Kv;
  readonly database: Pick<Database, "run">;
  readonly clock: Pick<Clock, "now">;
  readonly isProcessing: () => Promise<boolean>;
  /** Why each part is not ready; `null` where it is. */
  readonly checkHealth: () => Promise<Readonly<Record<Part, { readonly reason: string | null }>>>;
  /** What the reconciliation lacked when they were last checked. */
  readonly differences: () => Overview["reconciliation"] | null;
  readonly enableEnrichment: boolean;
  /** The kind of outbox records that wait to be enriched. */
  readonly enrichmentKind: string;
}

type Part = keyof Overview["health"];

const FLUSHES_SECONDS = 3600;

/** Gathers an overview. What Postgres would tell is `null` while it is away. */
export async function readOverview(options: OverviewOptions): Promise<Overview> {
  const { kv, database, clock, enableEnrichment, enrichmentKind } = options;
  const now = clock.now();
  const { kv: kvHealth, postgres, flush, enrichment } = await options.checkHealth();
  const [balance, isProcessing, oldestSeconds, lagSeconds, told] = await Promise.all([
    readBalance(kv),
    options.isProcessing(),
    oldestAge(kv, SEGMENTS, now),
    oldestAge(kv, outboxPrefix(enrichmentKind), now),
    postgres.reason === null ? database.run((sql) => ask(sql, now)).catch(() => null) : null,
  ]);
  return {
    at: new Date(now).toISOString(),
    buffer: { events: balance.buffered, oldestSeconds: oldestSeconds || null, isProcessing },
    balance,
    flush: { p50Ms: told?.p50Ms ?? null, p99Ms: told?.p99Ms ?? null },
    enrichment: { enabled: enableEnrichment, lagSeconds: lagSeconds || null },
    deadLetters: told?.deadLetters ?? null,
    health: {
      kv: kvHealth.reason,
      postgres: postgres.reason,
      flush: flush.reason,
      enrichment: enrichment.reason,
    },
    reconciliation: options.differences() ?? { received: 0, accepted: 0, rows: null },
  };
}

async function ask(sql: Sql, now: number) {
  const span = { from: now / 1000 - FLUSHES_SECONDS, stepSeconds: FLUSHES_SECONDS };
  const [flushes, deadLetters] = await Promise.all([
    readCounts(sql, "flush", span),
    countDeadLetters(sql),
  ]);
  return { p50Ms: quantileOf(flushes, 0.5), p99Ms: quantileOf(flushes, 0.99), deadLetters };
}
