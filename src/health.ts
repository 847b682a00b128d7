/** Checks the parts that `/readyz` reports on, and logs when their state changes. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "./clock.ts";
import { ENRICHMENT } from "./enrichment/consumer.ts";
import type { CheckHealth, HealthPart, PartHealth } from "./http/routes/health.ts";
import { countBuffered } from "./kv/counter.ts";
import { outboxPrefix, SEGMENTS } from "./kv/keys.ts";
import type { Kv, KvKey } from "./kv/port.ts";
import type { PostgresCondition } from "./store/condition.ts";
import type { Database, PingFailure } from "./store/database.ts";

/** Options of `createCheckHealth`. */
export interface HealthOptions {
  readonly kv: Kv;
  readonly database: Pick<Database, "ping">;
  readonly clock: Pick<Clock, "monotonic">;
  /** Whether the buffer is still reading recent fingerprints, which it does before its first commit. */
  readonly isOpening: () => boolean;
  /** Whether the disk under the KV is full, so that no events are stored. */
  readonly isDiskFull: () => boolean;
  /** What an operator has to change first. */
  readonly condition?: Pick<PostgresCondition, "sentence" | "isPreparing">;
  readonly enableEnrichment: boolean;
  /** How long the oldest entry may stay the same before that counts as a standstill. */
  readonly standstillMs: number;
}

const TIMEOUT_MS = 2_000;

const OK: PartHealth = { state: "ok", reason: null };
const STARTING: PartHealth = { state: "starting", reason: "starting: reading recent fingerprints" };

const DISK_FULL: PartHealth = {
  state: "full",
  reason: "the disk is full: events are not stored until there is room",
};
const PREPARING: PartHealth = { state: "starting", reason: "starting: applying migrations" };

const logger = getLogger(["sluice", "health"]);

/**
 * Creates the check behind `/readyz`. Reasons are for the log: they name hosts and users.
 *
 * While any process makes progress, the oldest segment (or outbox record) changes from check to check.
 * One that stays the oldest for `standstillMs` means that no process is working.
 */
export function createCheckHealth(options: HealthOptions): CheckHealth {
  const { kv, database, clock, standstillMs, isOpening, isDiskFull } = options;
  const checkFlush = watchOldest(SEGMENTS);
  const checkEnrichment = watchOldest(outboxPrefix(ENRICHMENT));
  let last = "";

  function watchOldest(prefix: KvKey): () => Promise<PartHealth> {
    let oldest: unknown = null;
    let since = 0;
    return async function checkProgress() {
      let now: unknown = null;
      for await (const { key } of kv.list({ prefix }, { limit: 1 })) now = key[prefix.length];
      if (now !== oldest) since = clock.monotonic();
      oldest = now;
      const ms = clock.monotonic() - since;
      return now === null || ms < standstillMs
        ? OK
        : failing(`no progress for ${Math.round(ms / 1000)} s`);
    };
  }

  /** Checks KV and the progress of the work in it. If KV fails, progress is unknown and counts as ok. */
  async function checkKv(): Promise<Record<Exclude<HealthPart, "postgres">, PartHealth>> {
    try {
      const [flush, enrichment] = await Promise.all([
        checkFlush(),
        options.enableEnrichment ? checkEnrichment() : OK,
        countBuffered(kv),
      ]);
      return { kv: isDiskFull() ? DISK_FULL : isOpening() ? STARTING : OK, flush, enrichment };
    } catch (error) {
      return { kv: failing(String(error)), flush: OK, enrichment: OK };
    }
  }

  function checkPostgres(ping: PingFailure | null): PartHealth {
    const sentence = ping?.sentence ?? options.condition?.sentence ?? null;
    if (sentence !== null) return { state: "failing", reason: sentence, isPublic: true };
    if (ping !== null) return failing(ping.reason);
    return options.condition?.isPreparing ? PREPARING : OK;
  }

  return async function checkHealth() {
    const [inKv, ping] = await Promise.all([checkKv(), database.ping(TIMEOUT_MS)]);
    const { kv, flush, enrichment } = inKv;
    const health = { kv, postgres: checkPostgres(ping), flush, enrichment };
    const parts = Object.entries(health);
    const state = parts.map(([part, { reason }]) => `${part} ${reason ?? "ok"}`).join(", ");
    const isHealthy = parts.every(([, part]) => part.state === "ok");
    if (state !== last) logger[isHealthy ? "info" : "warn"]("Health: {state}", { state });
    last = state;
    return health;
  };
}

function failing(reason: string): PartHealth {
  return { state: "failing", reason };
}
