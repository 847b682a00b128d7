/** Passes the records of one kind to their consumer. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { idAt } from "../events/id.ts";
import { noteDamage } from "../kv/damage.ts";
import { failingPrefix, outboxKey, outboxPrefix, readOutboxTrace } from "../kv/keys.ts";
import type { Kv, KvEntry, KvKey } from "../kv/port.ts";
import { SegmentFormatError } from "../kv/segment.ts";
import { inSpan } from "../tracing.ts";
import type { OutboxConsumer, OutboxRecord } from "./consumer.ts";
import { type Failing, FailingRecords, isFailingNote } from "./failing_records.ts";
import type { KeepCopies } from "./kept_copies.ts";
import { type ReadRecord, readRecord, setRecordAside, withoutUnreadable } from "./read_record.ts";

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
  /** Since the last success. */
  #failures = 0;
  #lastReason: string | null = null;
  #retrying: Promise<void> | null = null;

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#failing = new FailingRecords(options.clock);
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
      await this.#learnFailing();
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
      this.#retry(due, stop);
    }
  }

  /** Resolves when no failing record is being tried again. */
  async settled(): Promise<void> {
    await this.#retrying;
  }

  async #learnFailing(): Promise<void> {
    const { kv, consumer: { kind } } = this.#options;
    const prefix = failingPrefix(kind);
    for await (const { key, value } of kv.list({ prefix })) {
      const record = [...outboxPrefix(kind), ...key.slice(prefix.length)];
      if (isFailingNote(value)) {
        this.#failing.learn(record, value);
        continue;
      }
      noteDamage(kv, "failing_note", key);
      await kv.delete(key); // the record is tried like any other
    }
  }

  /** Processes records together; where that fails, one by one, which isolates a poison record. */
  async #process(entries: readonly Entry[]): Promise<void> {
    const records = await this.#readOrSetAside(entries);
    if (records.length === 0) return;
    try {
      await this.#processTogether(records);
    } catch {
      for (const record of records) {
        if (this.#failures >= MAX_FAILURES) return;
        await this.#processAlone(record);
      }
    }
  }

  async #processAlone(record: ReadRecord): Promise<void> {
    try {
      await this.#processTogether([withoutUnreadable(record)]);
    } catch (error) {
      this.#failures += 1;
      this.#failing.add(record.entry.key);
      this.#warnOnce(error);
    }
  }

  /** Reads records. Those of a newer version stay; those that cannot be read are set aside. */
  async #readOrSetAside(entries: readonly Entry[]): Promise<ReadRecord[]> {
    const records: ReadRecord[] = [];
    for (const entry of entries) {
      try {
        const reading = readRecord(entry);
        if (typeof reading === "string") await this.#setAside(entry, reading);
        else records.push(reading);
      } catch (error) {
        if (!(error instanceof SegmentFormatError)) throw error;
        this.#warnOnce(error);
      }
    }
    return records;
  }

  async #processTogether(records: readonly ReadRecord[]): Promise<void> {
    const { consumer } = this.#options;
    const startedAt = performance.now();
    let events: number | null = null;
    try {
      events = await inSpan(consumer.span, async (task) => {
        task.linkTo(records.values().map(({ entry: { key } }) => readOutboxTrace(key)));
        const count = await this.#processAndDelete(records);
        task.setAttributes({ "sluice.records": records.length, "sluice.events": count });
        return count;
      });
      this.#failures = 0;
      this.#lastReason = null;
      this.#failing.noteProgress();
    } finally {
      const seconds = (performance.now() - startedAt) / 1000;
      consumer.onBatch?.(events ?? 0, seconds, events !== null);
    }
  }

  /** After a crash between processing and deleting, the records are processed again, which changes nothing. */
  async #processAndDelete(records: readonly ReadRecord[]): Promise<number> {
    const { consumer } = this.#options;
    const readable = records.filter(({ lines }) => lines.length > 0);
    if (readable.length > 0) await consumer.process(readable.map(toOutboxRecord));
    await this.#delete(records);
    for (const { entry, unreadable } of records) {
      if (unreadable > 0) await this.#setAside(entry, `${unreadable} of its lines cannot be read`);
    }
    return records.reduce((sum, { lines }) => sum + lines.length, 0);
  }

  /** Deletes processed records, except those with lines that cannot be read. */
  async #delete(records: readonly ReadRecord[]): Promise<void> {
    const { kv, keepCopies } = this.#options;
    const operation = kv.atomic();
    for (const { entry, unreadable } of records) if (unreadable === 0) operation.delete(entry.key);
    for (const { lines } of records) if (lines.length > 0) keepCopies?.(operation, lines);
    await operation.commit();
  }

  /** Tries failing records again, beside the next sweeps, which do not wait for it. */
  #retry(due: readonly Failing[], stop: AbortSignal): void {
    this.#retrying ??= this.#retryEach(due, stop)
      .catch((error) => logger.warn("Failing outbox records wait: {error}", { error }))
      .finally(() => this.#retrying = null);
  }

  async #retryEach(due: readonly Failing[], stop: AbortSignal): Promise<void> {
    for (const failing of due) {
      if (stop.aborted) return;
      const { key } = failing;
      const entry = await this.#options.kv.get<unknown>(key);
      const [record] = entry.versionstamp === null ? [] : await this.#readOrSetAside([entry]);
      if (record === undefined) {
        await this.#forget(key);
        continue;
      }
      try {
        await this.#processTogether([withoutUnreadable(record)]);
        await this.#forget(key);
      } catch (error) {
        const { kind, canProcess } = this.#options.consumer;
        const next = this.#failing.failedAgain(failing, await canProcess?.() ?? null);
        if (next === "unavailable") return;
        const { failures } = failing;
        if (failures === 2) {
          logger.warn(
            "An outbox record ({kind}) fails while others do not; it is tried again less and less " +
              "often: {error}",
            { kind, error },
          );
        }
        if (next === "wait") await this.#moveToEnd(failing, record.entry);
        if (next === "give up") await this.#giveUp(record, error);
      }
    }
  }

  async #forget(key: KvKey): Promise<void> {
    await this.#options.kv.delete(this.#noteKey(key));
    this.#failing.delete(key);
  }

  /** Gives a record a new id, so that it is not the oldest, by which `/readyz` tells a standstill. */
  async #moveToEnd(failing: Failing, entry: Entry): Promise<void> {
    const { kv, newId, consumer: { kind } } = this.#options;
    const key = outboxKey(kind, newId(), readOutboxTrace(entry.key));
    const operation = kv.atomic().check(entry)
      .delete(entry.key).delete(this.#noteKey(entry.key))
      .set(key, entry.value).set(this.#noteKey(key), this.#failing.noteOf(failing));
    if ((await operation.commit()).ok) this.#failing.move(failing, key);
    else this.#failing.delete(entry.key); // another process moved or processed it
  }

  #noteKey(key: KvKey): KvKey {
    const { kind } = this.#options.consumer;
    return [...failingPrefix(kind), ...key.slice(outboxPrefix(kind).length)];
  }

  /**
   * Sets a record aside that fails again and again while others do not. The events in it that can be
   * processed are, so that one that cannot takes no others with it; if all are, it was too large.
   */
  async #giveUp(record: ReadRecord, error: unknown): Promise<void> {
    let failed = 0;
    for (const line of record.lines) {
      if (failed >= MAX_FAILURES) break;
      await this.#options.consumer.process([toOutboxRecord({ ...record, lines: [line] })])
        .catch(() => failed += 1);
    }
    if (failed === 0 && record.unreadable === 0) await this.#delete([record]);
    else await this.#setAside(record.entry, `it cannot be processed: ${error}`);
    await this.#forget(record.entry.key);
  }

  async #setAside(entry: Entry, reason: string): Promise<void> {
    const { kv, clock, consumer: { kind } } = this.#options;
    const note = { kind, reason, at: clock.now() };
    if (!await setRecordAside(kv, entry, note)) return; // another process did
    logger.error(
      "An outbox record ({kind}) was set aside: {reason}. Its events are rows; " +
        '"deno task set-aside" shows it',
      { kind, reason },
    );
  }

  /** What lasts is logged once, not for each record and sweep. */
  #warnOnce(error: unknown): void {
    const reason = String(error);
    const { kind } = this.#options.consumer;
    if (reason !== this.#lastReason) {
      logger.warn("An outbox record ({kind}) waits for the next sweep: {reason}", { kind, reason });
    }
    this.#lastReason = reason;
  }
}

function toOutboxRecord({ entry, lines }: ReadRecord): OutboxRecord {
  return { lines, trace: readOutboxTrace(entry.key) };
}
