/** Background work: started once, repeated every minute, drained at shutdown. */

import type { KnownKeys } from "../api_keys/known_keys.ts";
import { deleteCopies } from "../outbox/kept_copies.ts";
import { within } from "../clock.ts";
import type { OutboxRuntime } from "../outbox/outbox.ts";
import { makePartitions } from "../store/partitions.ts";
import { readApplied } from "../store/migrate.ts";
import { MigrationError } from "../store/migration_error.ts";
import { prepareDatabase } from "../store/prepare.ts";
import type { Http } from "./http.ts";
import type { Monitoring } from "./monitoring.ts";
import type { Observers } from "./observers.ts";
import type { Pipeline } from "./pipeline.ts";
import type { AppParts } from "./parts.ts";

/** The background work of the application. */
export interface Background {
  /**
   * Starts migrations, the first flush and the outbox. Resolves after the first flush; events are
   * accepted before that.
   */
  start(): Promise<void>;
  /** The safety net of `Deno.cron`: partitions, a flush, reconciliation, records left in the outbox. */
  everyMinute(): Promise<void>;
  /** Makes `/readyz` fail and connections close after their next response; everything is still served. */
  announceStop(): void;
  /** Ends open streams, so that the server can close. */
  endStreams(): void;
  /**
   * Flushes and enriches for up to `ms`; what is left stays in KV. Requests in progress are served until
   * `answered` resolves, or the time is over.
   */
  drain(ms: number, answered?: Promise<void>): Promise<void>;
}

/** The modules with work in the background. */
export interface Workers {
  readonly observers: Observers;
  readonly outbox: OutboxRuntime;
  readonly pipeline: Pipeline;
  readonly monitoring: Monitoring;
  readonly http: Http;
  readonly apiKeys: KnownKeys;
}

/** Aborted to announce that the process is stopping, so that no more work begins, and to end streams. */
export interface Stop {
  readonly announced: AbortController;
  readonly work: AbortController;
  readonly streams: AbortController;
}

/** Younger records are left to the queue message that was sent with them. */
const SWEEP_AGE_MS = 5_000;

/** Creates the functions that start, repeat and end the background work. */
export function createLifecycle(parts: AppParts, workers: Workers, stop: Stop): Background {
  const { clock, config, database, kv, migrations } = parts;
  const { condition } = workers.monitoring;
  const { observers, outbox, pipeline, monitoring, http, apiKeys } = workers;
  const { buffer, flusher, schedule } = pipeline;
  let prepared: Promise<void> = Promise.resolve();

  async function prepare(): Promise<void> {
    const { signal } = stop.work;
    await prepareDatabase({ database, migrations, clock, stop: signal, condition });
    if (signal.aborted) return;
    await schedule.flush("start");
    outbox.requestSweep();
  }

  /** Begins to wait for a database that a newer version has migrated since the start. */
  async function checkMigrations(): Promise<void> {
    if (condition.isPreparing || stop.work.signal.aborted) return;
    const problem = await database.run((sql) => readApplied(sql, migrations)).catch((error) =>
      error
    );
    if (problem instanceof MigrationError) prepared = prepare();
  }

  async function drainAll(deadline: AbortSignal, answered: Promise<void>): Promise<void> {
    const metricsClosed = observers.metrics.close();
    const unlisted = observers.heartbeat.close();
    await schedule.stop();
    await storeAll(deadline);
    await Promise.all([prepared, metricsClosed, unlisted, apiKeys.close()]);
    await answered;
    await storeAll(deadline); // what was accepted meanwhile
  }

  async function storeAll(deadline: AbortSignal): Promise<void> {
    await buffer.settled();
    await observers.writeLedger();
    await flusher.flush("shutdown", deadline);
    await observers.writeActivity();
    await outbox.drain(deadline);
    await outbox.settled();
  }

  return {
    start() {
      http.refreshKeys();
      buffer.open();
      observers.heartbeat.start();
      prepared = prepare();
      outbox.listen();
      return prepared;
    },
    async everyMinute() {
      await kv.check().catch(() => {}); // it is remembered, and everything below fails
      http.refreshKeys();
      await checkMigrations();
      if (!condition.isPreparing) {
        await database.run((sql) => makePartitions(sql, new Date(clock.now()))).then(
          () => condition.works("partitions"),
          (error) => condition.fails("partitions", error),
        );
      }
      monitoring.requestReconciliation();
      await schedule.flush("cron");
      await Promise.all([
        observers.writeLedger(),
        observers.writeActivity(),
        apiKeys.writeUses(),
      ]);
      await monitoring.finishReconciliation();
      outbox.requestSweep(SWEEP_AGE_MS);
      const keepMs = parts.isDiskFull?.() ? 0 : config.keepFlushedSeconds * 1000;
      // The next minute tries again, and /readyz reports a KV that fails.
      await deleteCopies(kv, clock.now() - keepMs).catch(() => {});
    },
    announceStop: () => stop.announced.abort(),
    endStreams: () => stop.streams.abort(),
    async drain(ms, answered = Promise.resolve()) {
      stop.streams.abort();
      stop.work.abort();
      await within(clock, ms, drainAll(AbortSignal.timeout(ms), answered));
      http[Symbol.dispose]();
    },
  };
}
