/** Passes the records of one kind to their consumer. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { idAt } from "../events/id.ts";
import { outboxKey, outboxPrefix, readOutboxTrace } from "../kv/keys.ts";
import type { Kv, KvEntry } from "../kv/port.ts";
import { unpack } from "../kv/segment.ts";
import { inSpan } from "../tracing.ts";
import type { OutboxConsumer } from "./consumer.ts";

/** Options of `Sweep`. */
export interface SweepOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly consumer: OutboxConsumer;
}

type Entry = KvEntry<Uint8Array>;

/**
 * Records processed together, about 1,000 events. Twenty were no faster, beside a flush on the same
 * machine, and took 36 MB more.
 */
const RECORDS_TOGETHER = 10;
/** Batches that are processed while the next one is read: 1.5 times as fast as one after another. */
const BATCHES_AT_ONCE = 2;
/** Records that fail one by one before a sweep ends. */
const MAX_FAILURES = 5;

const logger = getLogger(["sluice", "outbox"]);

/** Sweeps the records of one kind. */
export class Sweep {
  readonly #options: SweepOptions;
  #failures = 0;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /**
   * Processes the records that are at least `minAgeMs` old, oldest first. Those that fail stay for the
   * next sweep. When several fail one by one, what the consumer depends on is unavailable, and the sweep
   * ends.
   */
  async run(stop: AbortSignal, minAgeMs = 0): Promise<void> {
    const { kv, clock, consumer: { kind } } = this.#options;
    const prefix = outboxPrefix(kind);
    // Without a minimum age there is no end either: another process's clock may be ahead.
    const range = minAgeMs === 0
      ? { prefix }
      : { prefix, end: outboxKey(kind, idAt(clock.now() - minAgeMs)) };
    const records = kv.list<Uint8Array>(range, { batchSize: RECORDS_TOGETHER });
    const running = new Set<Promise<void>>();
    let together: Entry[] = [];
    this.#failures = 0;
    try {
      for await (const entry of records) {
        if (stop.aborted || this.#failures >= MAX_FAILURES) return;
        if (together.push(entry) < RECORDS_TOGETHER) continue;
        if (running.size === BATCHES_AT_ONCE) await Promise.race(running);
        const batch = this.#process(together);
        running.add(batch);
        batch.then(() => running.delete(batch), () => {}); // a failure rejects the race or `Promise.all`
        together = [];
      }
      await this.#process(together);
      await Promise.all(running);
    } catch (error) {
      logger.warn("Outbox records ({kind}) wait for the next sweep: {error}", { kind, error });
    } finally {
      await Promise.allSettled(running);
    }
  }

  /** Processes records together; where that fails, one by one, which isolates a poison record. */
  async #process(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      await this.#processTogether(entries);
    } catch (error) {
      if (entries.length === 1) return this.#recordFailure(error);
      for (const entry of entries) {
        if (this.#failures >= MAX_FAILURES) return;
        await this.#processTogether([entry]).catch((error) => this.#recordFailure(error));
      }
    }
  }

  async #processTogether(entries: readonly Entry[]): Promise<void> {
    const { consumer } = this.#options;
    const startedAt = performance.now();
    let events: number | null = null;
    try {
      events = await inSpan(consumer.span, async (task) => {
        task.linkTo(entries.values().map(({ key }) => readOutboxTrace(key)));
        const count = await this.#processAndDelete(entries);
        task.setAttributes({ "sluice.records": entries.length, "sluice.events": count });
        return count;
      });
    } finally {
      const seconds = (performance.now() - startedAt) / 1000;
      consumer.onBatch?.(events ?? 0, seconds, events !== null);
    }
  }

  /** After a crash between processing and deleting, the records are processed again, which changes nothing. */
  async #processAndDelete(entries: readonly Entry[]): Promise<number> {
    const { kv, consumer } = this.#options;
    const records = entries.map(({ key, value }) => ({
      lines: unpack(value),
      trace: readOutboxTrace(key),
    }));
    await consumer.process(records);
    const operation = kv.atomic();
    for (const { key } of entries) operation.delete(key);
    await operation.commit();
    return records.reduce((sum, { lines }) => sum + lines.length, 0);
  }

  #recordFailure(error: unknown): void {
    this.#failures += 1;
    const { kind } = this.#options.consumer;
    logger.warn("An outbox record ({kind}) waits for the next sweep: {error}", { kind, error });
  }
}
