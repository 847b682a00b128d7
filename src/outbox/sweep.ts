/** Sweeps the outbox: passes the records of one kind to their consumer, oldest first. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { idAt } from "../events/id.ts";
import { outboxKey, outboxPrefix } from "../kv/keys.ts";
import type { Kv, KvEntry } from "../kv/port.ts";
import type { OutboxConsumer } from "./consumer.ts";
import { type Failing, FailingRecords } from "./failing_records.ts";
import { FailingRetries } from "./failing_retries.ts";
import type { KeepCopies } from "./kept_copies.ts";
import { type ReadRecord, withoutUnreadable } from "./read_record.ts";
import { RecordProcessor } from "./record_processor.ts";

/** Options of `Sweep`. */
export interface SweepOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  /** Returns a time-ordered id for a record. */
  readonly newId: () => string;
  readonly consumer: OutboxConsumer;
  /** Keeps copies of the events of processed records. */
  readonly keepCopies?: KeepCopies | null;
}

type Entry = KvEntry<unknown>;

/**
 * Records processed together, about 1,000 events. Twenty were no faster, beside a flush on the same
 * machine, and took 36 MB more.
 */
const RECORDS_TOGETHER = 10;
/** Batches that are processed while the next one is read: 1.5 times as fast as one after another. */
const BATCHES_AT_ONCE = 2;
/** Records that fail one after another before a sweep ends. */
const MAX_FAILURES = 5;

const logger = getLogger(["sluice", "outbox"]);

/** Sweeps the records of one kind. */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #failing: FailingRecords;
  readonly #processor: RecordProcessor;
  readonly #retries: FailingRetries;
  /** Since the last success. */
  #failures = 0;

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#failing = new FailingRecords(options.clock);
    this.#processor = new RecordProcessor({
      ...options,
      onProcessed: () => {
        this.#failures = 0;
        this.#failing.noteProgress();
      },
    });
    this.#retries = new FailingRetries({
      ...options,
      failing: this.#failing,
      processor: this.#processor,
    });
  }

  /**
   * Processes the records that are at least `minAgeMs` old, oldest first. Those that fail wait: they are
   * tried again beside the next sweeps, less and less often, and hold up no others. When several in a row
   * fail, what the consumer depends on is probably unavailable, and the sweep ends.
   */
  async run(stop: AbortSignal, minAgeMs = 0): Promise<void> {
    const { kv, clock, consumer: { kind } } = this.#options;
    const prefix = outboxPrefix(kind);
    // Without a minimum age there is no end either: another process's clock may be ahead.
    const range = minAgeMs === 0
      ? { prefix }
      : { prefix, end: outboxKey(kind, idAt(clock.now() - minAgeMs)) };
    const records = kv.list<unknown>(range, { batchSize: RECORDS_TOGETHER });
    const running = new Set<Promise<void>>();
    let together: Entry[] = [];
    this.#failures = 0;
    let due: readonly Failing[] = [];
    try {
      await this.#retries.learn();
      due = this.#failing.due();
      for await (const entry of records) {
        if (stop.aborted || this.#failures >= MAX_FAILURES) return;
        if (this.#failing.has(entry.key)) continue;
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
      this.#retries.start(due, stop);
    }
  }

  /** Resolves when no failing record is being tried again. */
  async settled(): Promise<void> {
    await this.#retries.settled();
  }

  /** Processes records together; where that fails, one by one, which isolates a poison record. */
  async #process(entries: readonly Entry[]): Promise<void> {
    const records = await this.#processor.readOrSetAside(entries);
    if (records.length === 0) return;
    try {
      await this.#processor.process(records);
    } catch {
      for (const record of records) {
        if (this.#failures >= MAX_FAILURES) return;
        await this.#processAlone(record);
      }
    }
  }

  async #processAlone(record: ReadRecord): Promise<void> {
    try {
      await this.#processor.process([withoutUnreadable(record)]);
    } catch (error) {
      this.#failures += 1;
      this.#failing.add(record.entry.key);
      this.#processor.warnOnce(error);
    }
  }
}
