/** Tries failing records again, beside the sweeps of the others, and gives up those that keep failing. */

import { getLogger } from "@logtape/logtape";
import { noteDamage } from "../kv/damage.ts";
import { failingPrefix, outboxKey, outboxPrefix, readOutboxTrace } from "../kv/keys.ts";
import type { Kv, KvEntry, KvKey } from "../kv/port.ts";
import type { OutboxConsumer } from "./consumer.ts";
import { type Failing, type FailingRecords, isFailingNote } from "./failing_records.ts";
import { type ReadRecord, withoutUnreadable } from "./read_record.ts";
import { type RecordProcessor, toOutboxRecord } from "./record_processor.ts";

/** Options of `FailingRetries`. */
export interface FailingRetriesOptions {
  readonly kv: Kv;
  /** Returns a time-ordered id for a record. */
  readonly newId: () => string;
  readonly consumer: OutboxConsumer;
  readonly failing: FailingRecords;
  readonly processor: RecordProcessor;
}

/** Events of a record that fail alone before it is set aside as a whole. */
const MAX_FAILURES = 5;

const logger = getLogger(["sluice", "outbox"]);

/** Tries the failing records of one kind again. */
export class FailingRetries {
  readonly #options: FailingRetriesOptions;
  #retrying: Promise<void> | null = null;

  constructor(options: FailingRetriesOptions) {
    this.#options = options;
  }

  /** Resolves when no failing record is being tried again. */
  async settled(): Promise<void> {
    await this.#retrying;
  }

  /** Reads what other processes have noted of records that fail. */
  async learn(): Promise<void> {
    const { kv, consumer: { kind }, failing } = this.#options;
    const prefix = failingPrefix(kind);
    for await (const { key, value } of kv.list({ prefix })) {
      const record = [...outboxPrefix(kind), ...key.slice(prefix.length)];
      if (isFailingNote(value)) {
        failing.learn(record, value);
        continue;
      }
      noteDamage(kv, "failing_note", key);
      await kv.delete(key); // the record is tried like any other
    }
  }

  /** Tries failing records again, beside the next sweeps, which do not wait for it. */
  start(due: readonly Failing[], stop: AbortSignal): void {
    this.#retrying ??= this.#retryEach(due, stop)
      .catch((error) => logger.warn("Failing outbox records wait: {error}", { error }))
      .finally(() => this.#retrying = null);
  }

  async #retryEach(due: readonly Failing[], stop: AbortSignal): Promise<void> {
    const { consumer: { kind, canProcess }, processor } = this.#options;
    for (const failing of due) {
      if (stop.aborted) return;
      const { key } = failing;
      const record = await this.#read(key);
      if (record === null) {
        await this.#forget(key);
        continue;
      }
      try {
        await processor.process([withoutUnreadable(record)]);
        await this.#forget(key);
      } catch (error) {
        const next = this.#options.failing.failedAgain(failing, await canProcess?.() ?? null);
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

  /** Reads a record; `null` if it is not there any more, or was set aside as it cannot be read. */
  async #read(key: KvKey): Promise<ReadRecord | null> {
    const { kv, processor } = this.#options;
    const entry = await kv.get<unknown>(key);
    if (entry.versionstamp === null) return null;
    const [record = null] = await processor.readOrSetAside([entry]);
    return record;
  }

  async #forget(key: KvKey): Promise<void> {
    await this.#options.kv.delete(this.#noteKey(key));
    this.#options.failing.delete(key);
  }

  /** Gives a record a new id, so that it is not the oldest, by which `/readyz` tells a standstill. */
  async #moveToEnd(failing: Failing, entry: KvEntry<unknown>): Promise<void> {
    const { kv, newId, consumer: { kind }, failing: records } = this.#options;
    const key = outboxKey(kind, newId(), readOutboxTrace(entry.key));
    const operation = kv.atomic().check(entry)
      .delete(entry.key).delete(this.#noteKey(entry.key))
      .set(key, entry.value).set(this.#noteKey(key), records.noteOf(failing));
    if ((await operation.commit()).ok) records.move(failing, key);
    else records.delete(entry.key); // another process moved or processed it
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
    const { consumer, processor } = this.#options;
    let failed = 0;
    for (const line of record.lines) {
      if (failed >= MAX_FAILURES) break;
      await consumer.process([toOutboxRecord({ ...record, lines: [line] })])
        .catch(() => failed += 1);
    }
    if (failed === 0 && record.unreadable === 0) await processor.delete([record]);
    else await processor.setAside(record.entry, `it cannot be processed: ${error}`);
    await this.#forget(record.entry.key);
  }
}
