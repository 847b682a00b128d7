/** Checks the parts that `/readyz` reports on, and logs when their state changes. */

import { getLogger } from "@logtape/logtape";
import { bounded, type Clock } from "./clock.ts";
import { ENRICHMENT } from "./enrichment/consumer.ts";
import type { FlushFailures } from "./flush/schedule.ts";
import type { CheckHealth, HealthPart, PartHealth } from "./http/routes/health.ts";
import { countBuffered } from "./kv/counter.ts";
import { KvFormatError } from "./kv/format_error.ts";
import { SEGMENTS } from "./kv/keys.ts";
import type { Kv } from "./kv/port.ts";
import { createWriteProbe } from "./kv/write_probe.ts";
import { readOldestId, watchOldest } from "./kv/watch_oldest.ts";
import { readOldestWaiting } from "./outbox/waiting.ts";
import type { PostgresCondition } from "./store/condition.ts";
import type { Database, PingFailure } from "./store/database.ts";

/** Options of `createCheckHealth`. */
export interface HealthOptions {
  readonly kv: Kv;
  /** Rejects with `KvFormatError` where KV has a newer format. */
  readonly checkFormat?: () => Promise<void>;
  readonly database: Pick<Database, "ping">;
  readonly clock: Pick<Clock, "now" | "monotonic" | "after">;
  /** Whether the buffer is still reading recent fingerprints, which it does before its first commit. */
  readonly isOpening: () => boolean;
  /** Whether the disk under the KV is full, so that no events are stored. */
  readonly isDiskFull: () => boolean;
  /** What an operator has to change first. */
  readonly condition?: Pick<PostgresCondition, "sentence" | "isPreparing">;
  /** Whether an event could not be written to KV a moment ago. */
  readonly isRefusing: () => boolean;
  /** The flushes of this process that failed one after another; `null` if the last one did not. */
  readonly flushFailures: () => FlushFailures | null;
  readonly enableEnrichment: boolean;
  /** How long the oldest entry may stay the same before that counts as a standstill. */
  readonly standstillMs: number;
  /** How long an event may wait for enrichment. */
  readonly maxEnrichmentLagMs: number;
}

/** Less than the two seconds within which `/readyz` responds, whatever hangs (contract 11.9). */
const TIMEOUT_MS = 1_500;
/** With the flushes' backoff, after some ten seconds. */
const MAX_FLUSH_FAILURES = 5;

const OK: PartHealth = { state: "ok", reason: null };
const OPENING = "starting: reading recent fingerprints";
const STARTING: PartHealth = { state: "starting", reason: OPENING, publicReason: OPENING };
const NOT_RESPONDING = "not responding";
const REFUSING = "cannot be written: an event could not be stored";

type InKv = Record<Exclude<HealthPart, "postgres">, PartHealth>;

const FULL = "the disk is full: events are not stored until there is room";
const DISK_FULL: PartHealth = { state: "full", reason: FULL, publicReason: FULL };
const MIGRATING = "starting: applying migrations";
const PREPARING: PartHealth = { state: "starting", reason: MIGRATING, publicReason: MIGRATING };

const logger = getLogger(["sluice", "health"]);

/**
 * Creates the check behind `/readyz`.
 *
 * While any process makes progress, the oldest segment (or outbox record) changes from check to check.
 * One that stays the oldest for `standstillMs` means that no process is working. Records that fail while
 * others do not are left out.
 */
export function createCheckHealth(options: HealthOptions): CheckHealth {
  const { kv, database, clock } = options;
  const watchFlush = watchOldest(() => readOldestId(kv, SEGMENTS), clock);
  const watchEnrichment = watchOldest(() => readOldestWaiting(kv, ENRICHMENT, clock.now()), clock);
  const probeWrite = createWriteProbe(kv, clock);
  let last = "";

  async function checkFlush(): Promise<PartHealth> {
    const { unchangedMs } = await watchFlush();
    if (unchangedMs >= options.standstillMs) return standstill(unchangedMs);
    const failures = options.flushFailures();
    if (failures === null || failures.count < MAX_FLUSH_FAILURES) return OK;
    const failed = `failed ${failures.count} times in a row`;
    return failing(`${failed}: ${failures.last.reason}`, `${failed}: ${publicCause(failures)}`);
  }

  async function checkEnrichment(): Promise<PartHealth> {
    if (!options.enableEnrichment) return OK;
    const { unchangedMs, ageMs } = await watchEnrichment();
    if (unchangedMs >= options.standstillMs) return standstill(unchangedMs);
    return ageMs > options.maxEnrichmentLagMs
      ? failing(`lags: the oldest event has waited for ${toSeconds(ageMs)} s`)
      : OK;
  }

  /** Checks KV and the progress of the work in it. If KV fails, progress is unknown and counts as ok. */
  async function readKv(): Promise<InKv> {
    try {
      await options.checkFormat?.();
      const [flush, enrichment] = await Promise.all([
        checkFlush(),
        checkEnrichment(),
        countBuffered(kv),
      ]);
      return { kv: await checkWrites(), flush, enrichment };
    } catch (error) {
      if (error instanceof KvFormatError) return kvFailing(error.message, error.message);
      return kvFailing(String(error), NOT_RESPONDING);
    }
  }

  function checkPostgres(ping: PingFailure | null): PartHealth {
    const sentence = ping?.sentence ?? options.condition?.sentence ?? null;
    if (sentence !== null) return failing(sentence);
    if (ping !== null) return failing(ping.reason, NOT_RESPONDING);
    return options.condition?.isPreparing ? PREPARING : OK;
  }

  async function checkWrites(): Promise<PartHealth> {
    if (options.isDiskFull()) return DISK_FULL;
    if (options.isOpening()) return STARTING;
    if (options.isRefusing()) return failing(REFUSING);
    const refused = await probeWrite();
    return refused === null ? OK : failing(`cannot be written: ${refused}`, "cannot be written");
  }

  const readKvInTime = bounded(clock, TIMEOUT_MS, readKv);

  async function checkKv(): Promise<InKv> {
    const hangs = `no response within ${TIMEOUT_MS} ms`;
    return await readKvInTime() ?? kvFailing(hangs, NOT_RESPONDING);
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

function kvFailing(reason: string, publicReason: string): InKv {
  return { kv: failing(reason, publicReason), flush: OK, enrichment: OK };
}

function standstill(ms: number): PartHealth {
  return failing(`no progress for ${toSeconds(ms)} s`);
}

function failing(reason: string, publicReason = reason): PartHealth {
  return { state: "failing", reason, publicReason };
}

/** Why flushes fail, without the text of the error: it may name hosts and users. */
function publicCause({ last: { result, reason } }: FlushFailures): string {
  if (result === "newer" && reason !== null) return reason;
  if (result === "failed") return "KV failed";
  const [, sqlstate] = /\(([0-9A-Z]{5})\)$/.exec(reason ?? "") ?? [];
  return sqlstate === undefined ? "Postgres is unavailable" : `Postgres error ${sqlstate}`;
}

function toSeconds(ms: number): number {
  return Math.round(ms / 1000);
}
