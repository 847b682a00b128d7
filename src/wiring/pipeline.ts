/** The pipeline of an event: ingest, buffer, flush. */

import { createAdmit } from "../admission/admit.ts";
import { Backlog } from "../buffer/backlog.ts";
import { GroupCommit } from "../buffer/group_commit.ts";
import type { Service } from "../events/ingest.ts";
import type { IngestionStats } from "../events/responses.ts";
import type { BufferOutcome } from "../events/outcome.ts";
import { createLocateContext } from "../enrichment/reduce_context.ts";
import type { Place } from "../events/types.ts";
import { createUrlFilter } from "../events/url_filter.ts";
import { Flusher } from "../flush/flusher.ts";
import { isLeaseHeld } from "../flush/lease.ts";
import { FlushSchedule } from "../flush/schedule.ts";
import { createIngest, createLimitCaller, type LimitCaller } from "../ingest.ts";
import { countBuffered } from "../kv/counter.ts";
import { createRateLimit } from "../limits/rate_limit.ts";
import type { OutboxRuntime } from "../outbox/outbox.ts";
import { createEventSink } from "../store/event_sink.ts";
import { MAX_BATCH_EVENTS } from "../trpc/router.ts";
import type { Observers } from "./observers.ts";
import type { AppParts } from "./parts.ts";
import type { Reconciling } from "./reconciliation.ts";

/** The modules that events pass through. */
export interface Pipeline {
  readonly service: Service;
  readonly backlog: Backlog;
  readonly buffer: GroupCommit;
  readonly flusher: Flusher;
  readonly schedule: FlushSchedule;
  /** Whether a flush is running in any process (contract 8.2). */
  readonly isProcessing: () => Promise<boolean>;
}

/** UTF-16 units of events that may wait for a commit before new ones are rejected: about 64 MB. */
const MAX_WAITING_LENGTH = 32 * 1024 * 1024;
/** A burst is a full batch, or this many seconds of the sustained rate if that is more. */
const BURST_SECONDS = 5;

/** Creates the pipeline, from the last step to the first. */
export function wirePipeline(
  parts: AppParts,
  observers: Observers,
  outbox: OutboxRuntime,
  reconciling: Reconciling,
): Pipeline {
  const { config, kv, clock } = parts;
  const backlog = new Backlog(kv, clock, config.maxBufferedEvents);
  const flusher = wireFlusher(parts, observers, { outbox, backlog, reconciling });
  const schedule = new FlushSchedule({
    kv,
    clock,
    random: parts.random,
    flusher,
    countBuffered: () => backlog.measure(),
    batchSize: config.batchSize,
    batchTimeoutMs: config.batchTimeoutMs,
  });
  const buffer = new GroupCommit({
    kv,
    clock,
    backlog,
    newId: parts.newId,
    limits: parts.kvLimits,
    deduplicationTtlMs: config.deduplicationTtlSeconds * 1000,
    idempotencyTtlMs: config.idempotencyTtlSeconds * 1000,
    maxKeysInMemory: config.maxKeysInMemory,
    maxWaitMs: config.maxCommitWaitMs,
    maxWaitingLength: MAX_WAITING_LENGTH,
    onBuffered: (total) => schedule.onBuffered(total),
    onGroup: observers.metrics.observeCommit,
  });
  const isProcessing = () => isLeaseHeld(kv, clock);
  const limit = wireLimit(parts);
  const service: Service = {
    ingest: wireIngest(parts, observers, buffer, limit),
    requiresKey: config.requireKey,
    limit,
    stats: () => readStats(parts, isProcessing),
    forceFlush: () => schedule.force(),
  };
  return { service, backlog, buffer, flusher, schedule, isProcessing };
}

interface FlushTargets {
  readonly outbox: OutboxRuntime;
  readonly backlog: Backlog;
  readonly reconciling: Reconciling;
}

function wireFlusher(
  { config, kv, kvLimits, clock, newId, database, isDiskFull }: AppParts,
  { metrics, onFlushed, condition }: Observers,
  { outbox, backlog, reconciling }: FlushTargets,
): Flusher {
  return new Flusher({
    kv,
    checkFormat: () => kv.check(),
    clock,
    newId,
    segmentsPerRead: kvLimits.segmentsPerRead,
    idempotencyTtlMs: config.idempotencyTtlSeconds * 1000,
    sink: createEventSink(database, clock.now, condition),
    outbox: outbox.records,
    onFlushed(report) {
      onFlushed(report);
      backlog.observeFlush(report.events, report.ms);
      if (report.events > 0) outbox.onRecords();
    },
    onBatch: metrics.observeFlushBatch,
    keepsCopies: () => config.keepFlushedSeconds > 0 && !isDiskFull?.(),
    beforeInserts: reconciling.open,
    onRest: reconciling.onRest,
  });
}

function wireLimit({ config, clock }: AppParts): LimitCaller {
  const { rateLimitEventsPerSecond: rate } = config;
  return createLimitCaller(
    createRateLimit({
      clock,
      eventsPerSecond: rate,
      burst: (eventsPerSecond) => Math.max(MAX_BATCH_EVENTS, eventsPerSecond * BURST_SECONDS),
      ipv6Prefix: config.rateLimitIpv6Prefix,
    }),
    rate,
  );
}

const DISK_FULL: BufferOutcome = { kind: "unavailable", cause: "disk_full" };

const NOWHERE: Place = { country: null, region: null, city: null };

function wireIngest(
  { config, clock, newId, isDiskFull = () => false, locate = () => NOWHERE }: AppParts,
  { onOutcome }: Observers,
  buffer: GroupCommit,
  limit: LimitCaller,
): Service["ingest"] {
  return createIngest({
    limit,
    requiresKey: config.requireKey,
    checkOverload: () => isDiskFull() ? DISK_FULL : buffer.checkOverload(),
    admit: createAdmit({
      now: clock.now,
      newId,
      urls: createUrlFilter(config.keepQueryParams),
      clockToleranceMs: config.clockToleranceMs,
      strictEventTypes: config.strictEventTypes,
      deduplicate: config.enableDeduplication,
      fingerprintContent: config.fingerprintContent,
      reduceContext: config.keepIp ? undefined : createLocateContext(locate),
    }),
    append: (event) => buffer.append(event),
    onOutcome,
  });
}

/** The response of `getStats` (contract 8.4). */
async function readStats(
  { kv, config }: AppParts,
  isProcessing: () => Promise<boolean>,
): Promise<IngestionStats> {
  const { batchSize, batchTimeoutMs, enableDeduplication, enableEnrichment } = config;
  const { deduplicationTtlSeconds } = config;
  const [bufferSize, processing] = await Promise.all([countBuffered(kv), isProcessing()]);
  return {
    bufferSize,
    isProcessing: processing,
    config: {
      batchSize,
      batchTimeoutMs,
      enableDeduplication,
      enableEnrichment,
      deduplicationTtlSeconds,
    },
  };
}
