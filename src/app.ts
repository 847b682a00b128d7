/** Wires the rooms together. */

import { getLogger } from "@logtape/logtape";
import { createAdmin } from "./admin/admin.ts";
import { createAdmit } from "./admission/admit.ts";
import { createIdentify } from "./auth/identify.ts";
import { createReconcile, type Reconciliation } from "./reconciliation/reconcile.ts";
import { Ledger } from "./reconciliation/ledger.ts";
import { Backlog } from "./buffer/backlog.ts";
import { GroupCommit } from "./buffer/group_commit.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Enricher } from "./enrichment/enrich.ts";
import { createEnrichment } from "./enrichment/mod.ts";
import { KIND } from "./enrichment/outbox.ts";
import type { DemoEvents } from "./events/demo.ts";
import type { Service } from "./events/ingest.ts";
import { Flusher } from "./flush/flusher.ts";
import { isLeaseHeld } from "./flush/lease.ts";
import { FlushSchedule } from "./flush/schedule.ts";
import { createCheckHealth } from "./health.ts";
import { createHttp } from "./http/app.ts";
import type { Assets } from "./http/assets.ts";
import { BODY_MS } from "./http/body.ts";
import { Deadline } from "./http/deadline.ts";
import { createIngest } from "./ingest.ts";
import { oldestAge } from "./kv/age.ts";
import { countBuffered, readBalance } from "./kv/counter.ts";
import { outbox, SEGMENTS } from "./kv/keys.ts";
import type { KvLimits } from "./kv/limits.ts";
import type { Kv } from "./kv/port.ts";
import { createRateLimit } from "./limits/rate_limit.ts";
import { createMetrics } from "./metrics/metrics.ts";
import type { Database } from "./store/database.ts";
import { readDemoRows } from "./store/demo_events.ts";
import { countRows } from "./store/count_rows.ts";
import { createEnrichmentSink } from "./store/enrichment_sink.ts";
import { createEventSink } from "./store/event_sink.ts";
import type { Migration } from "./store/migrate.ts";
import { makePartitions } from "./store/partitions.ts";
import { prepareDatabase } from "./store/prepare.ts";
import { MAX_BATCH_EVENTS } from "./trpc/router.ts";

/** What the application is given. */
export interface AppParts {
  readonly config: Config;
  readonly kv: Kv;
  readonly kvLimits: KvLimits;
  readonly enrichers: readonly Enricher[];
  readonly database: Database;
  /** The same, by connections of its own: what admins ask never keeps a flush waiting. */
  readonly adminDatabase: Database;
  readonly migrations: readonly Migration[];
  /** What browsers are served. */
  readonly assets: Assets;
  readonly clock: Clock;
  /** A UUID version 7. */
  readonly newId: () => string;
  /** In [0, 1). */
  readonly random: () => number;
}

/** The service, without a socket. */
export interface App {
  /** Answers a request. */
  readonly fetch: (request: Request, info?: Deno.ServeHandlerInfo) => Response | Promise<Response>;
  /** Starts what runs by itself: migrations, the first flush, enrichment. Waits for nothing. */
  start(): void;
  /** The safety net of `Deno.cron`: partitions, a flush, what enrichment missed. */
  everyMinute(): Promise<void>;
  /** Ends answers that would go on for ever, so that the server can close. */
  endStreams(): void;
  /** Takes no more events up and flushes for up to `ms`. What is left stays in KV. */
  drain(ms: number): Promise<void>;
}

/** Events that may wait for a commit before new ones are turned away. */
const MAX_WAITING = 10_000;
/** What a caller may send at once after a quiet time: a full batch, or so many seconds' worth. */
const BURST_SECONDS = 5;
/** Younger records have most likely been rung for. */
const SWEEP_AGE_MS = 5_000;

const logger = getLogger(["sluice", "app"]);

/** Makes the application. */
export function createApp(parts: AppParts): App {
  const { config, kv, database, migrations, clock, newId, random } = parts;
  const stop = new AbortController();
  const endOfStreams = new AbortController();
  let lastReconciliation: Reconciliation | null = null;
  const checkHealth = createCheckHealth({
    kv,
    database,
    clock,
    isOpening: () => buffer.isOpening,
    enableEnrichment: config.enableEnrichment,
    standstillMs: config.standstillSeconds * 1000,
  });
  const metrics = createMetrics({
    countBuffered: () => countBuffered(kv),
    capacity: config.maxBufferedEvents,
    bufferAge: () => oldestAge(kv, SEGMENTS, clock.now()),
    enrichmentLag: () => oldestAge(kv, outbox(KIND), clock.now()),
    counters: () => readBalance(kv),
    health: async () => ({ ...await checkHealth() }),
    differences: () => lastReconciliation?.differences ?? null,
  });
  const ledger = new Ledger({ kv, clock });
  const reconcile = createReconcile({
    kv,
    countRows: () => database.run(countRows),
    isFlushing: () => isLeaseHeld(kv, clock),
  });
  const backlog = new Backlog(kv, clock, config.maxBufferedEvents);
  const enrichment = createEnrichment({
    kv,
    clock,
    newId,
    enrichers: parts.enrichers,
    sink: createEnrichmentSink(database, config.entityTables),
    enabled: config.enableEnrichment,
    kvQueues: config.kvQueues,
    observe: metrics.observeEnricher,
    onBatch: metrics.observeEnrichment,
    stop: stop.signal,
  });
  const flusher = new Flusher({
    kv,
    clock,
    newId,
    sink: createEventSink(database),
    outbox: enrichment.outbox,
    onFlushed(report) {
      metrics.observeFlush(report);
      adminModule.noteFlush(report);
      backlog.drained(report.events, report.ms);
      if (report.events > 0) enrichment.onRecords();
    },
    onBatch: metrics.observeFlushBatch,
  });
  const schedule = new FlushSchedule({
    kv,
    clock,
    random,
    flusher,
    countBuffered: () => backlog.measure(),
    batchSize: config.batchSize,
    batchTimeoutMs: config.batchTimeoutMs,
  });
  const buffer = new GroupCommit({
    kv,
    clock,
    backlog,
    newId,
    limits: parts.kvLimits,
    deduplicationTtlMs: config.deduplicationTtlSeconds * 1000,
    idempotencyTtlMs: config.idempotencyTtlSeconds * 1000,
    maxWaiting: MAX_WAITING,
    onAppended: (buffered) => schedule.appended(buffered),
    onGroup: metrics.observeCommit,
  });
  const admit = createAdmit({
    now: clock.now,
    newId,
    clockToleranceMs: config.clockToleranceMs,
    strictEventTypes: config.strictEventTypes,
    deduplicate: config.enableDeduplication,
  });

  const { rateLimitEventsPerSecond: rate } = config;
  const limit = createRateLimit({
    clock,
    eventsPerSecond: rate,
    burst: Math.max(MAX_BATCH_EVENTS, (rate ?? 0) * BURST_SECONDS),
  });
  const ingest = createIngest({
    limit,
    limited: `More than ${rate} events a second (RATE_LIMIT_EVENTS_PER_SECOND)`,
    overload: () => buffer.overload(),
    admit,
    append: (event) => buffer.append(event),
    onOutcome(raw, outcome) {
      metrics.observeOutcome(outcome);
      adminModule.noteOutcome(raw, outcome);
      ledger.note(outcome.kind);
    },
  });

  const service: Service = {
    ingest,
    async stats() {
      const [bufferSize, isProcessing] = await Promise.all([
        countBuffered(kv),
        isLeaseHeld(kv, clock),
      ]);
      const { batchSize, batchTimeoutMs, enableDeduplication, enableEnrichment } = config;
      const { deduplicationTtlSeconds } = config;
      return {
        bufferSize,
        isProcessing,
        config: {
          batchSize,
          batchTimeoutMs,
          enableDeduplication,
          enableEnrichment,
          deduplicationTtlSeconds,
        },
      };
    },
    forceFlush: () => schedule.force(),
  };

  async function readDemoEvents(sessionId: string): Promise<DemoEvents> {
    const [buffered, rows] = await Promise.all([
      countBuffered(kv),
      database.run((sql) => readDemoRows(sql, sessionId)),
    ]);
    return { buffered, rows };
  }

  const adminModule = createAdmin({
    kv,
    clock,
    newId,
    database: parts.adminDatabase,
    isProcessing: () => isLeaseHeld(kv, clock),
    checkHealth,
    differences: () => lastReconciliation?.differences ?? null,
    enableEnrichment: config.enableEnrichment,
    enrichmentKind: KIND,
    onBuffered(events) {
      backlog.appended(events);
      schedule.appended(backlog.size);
    },
    onRecords: () => enrichment.sweeper.ask(),
    stop: endOfStreams.signal,
  });
  const bodyDeadline = new Deadline(clock, BODY_MS);
  const http = createHttp({
    service,
    admin: adminModule.admin,
    identify: createIdentify(config.auth, clock.now),
    auth: config.auth,
    trustedProxies: config.trustedProxies,
    honorGpc: config.honorGpc,
    bodyDeadline,
    corsOrigins: config.corsOrigins,
    assets: parts.assets,
    readDemoEvents: config.demo ? readDemoEvents : null,
    checkHealth,
    renderMetrics: metrics.render,
    observeRequest: metrics.observeRequest,
  });

  let started: Promise<void> = Promise.resolve();
  return {
    fetch: (request, info) => http.fetch(request, info ?? {}),
    start() {
      buffer.open();
      started = prepareDatabase({ database, migrations, clock, stop: stop.signal }).then(
        async () => {
          if (stop.signal.aborted) return;
          await schedule.flush("start");
          enrichment.sweeper.ask();
        },
      );
      enrichment.listen();
    },
    async everyMinute() {
      await database.run((sql) => makePartitions(sql, new Date(clock.now())))
        .catch((error) => logger.warn("Partitions could not be made ahead: {error}", { error }));
      await schedule.flush("cron");
      await Promise.all([ledger.write(), adminModule.write()]);
      lastReconciliation = await reconcile().catch(() => lastReconciliation);
      enrichment.sweeper.ask(SWEEP_AGE_MS);
    },
    endStreams: () => endOfStreams.abort(),
    async drain(ms) {
      const deadline = AbortSignal.timeout(ms);
      endOfStreams.abort();
      const metricsClosed = metrics.close();
      bodyDeadline[Symbol.dispose]();
      stop.abort();
      const drained = (async () => {
        await schedule.stop();
        await buffer.settled();
        await ledger.write();
        await flusher.flush("shutdown", deadline);
        await adminModule.write();
        await Promise.all([enrichment.sweeper.settled(), started, metricsClosed]);
      })();
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(ms, resolve);
      await Promise.race([drained, promise]);
      cancel();
    },
  };
}
