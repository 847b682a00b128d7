/** Has records processed by their consumer, deletes them afterwards, and sets aside what cannot be read. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { readOutboxTrace } from "../kv/keys.ts";
import type { Kv, KvEntry } from "../kv/port.ts";
import { SegmentFormatError } from "../kv/segment.ts";
import { inSpan } from "../tracing.ts";
import type { OutboxConsumer, OutboxRecord } from "./consumer.ts";
import type { KeepCopies } from "./kept_copies.ts";
import { type ReadRecord, readRecord, setRecordAside } from "./read_record.ts";

/** Options of `RecordProcessor`. */
export interface RecordProcessorOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly consumer: OutboxConsumer;
  /** Keeps copies of the events of processed records. */
  readonly keepCopies?: KeepCopies | null;
  /** Called when records were processed. */
  readonly onProcessed: () => void;
}

type Entry = KvEntry<unknown>;

const logger = getLogger(["sluice", "outbox"]);

/** Processes the records of one kind. */
export class RecordProcessor {
  readonly #options: RecordProcessorOptions;
  #lastReason: string | null = null;

  constructor(options: RecordProcessorOptions) {
    this.#options = options;
  }

  /** Reads records. Those of a newer version stay; those that cannot be read are set aside. */
  async readOrSetAside(entries: readonly Entry[]): Promise<ReadRecord[]> {
    const records: ReadRecord[] = [];
    for (const entry of entries) {
      try {
        const reading = readRecord(entry);
        if (typeof reading === "string") await this.setAside(entry, reading);
        else records.push(reading);
      } catch (error) {
        if (!(error instanceof SegmentFormatError)) throw error;
        this.warnOnce(error);
      }
    }
    return records;
  }

  /**
   * Processes records together and deletes them.
   *
   * @throws what the consumer throws; none of them is deleted then
   */
  async process(records: readonly ReadRecord[]): Promise<void> {
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
      this.#lastReason = null;
      this.#options.onProcessed();
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
    await this.delete(records);
    for (const { entry, unreadable } of records) {
      if (unreadable > 0) await this.setAside(entry, `${unreadable} of its lines cannot be read`);
    }
    return records.reduce((sum, { lines }) => sum + lines.length, 0);
  }

  /** Deletes processed records, except those with lines that cannot be read. */
  async delete(records: readonly ReadRecord[]): Promise<void> {
    const { kv, keepCopies } = this.#options;
    const operation = kv.atomic();
    for (const { entry, unreadable } of records) if (unreadable === 0) operation.delete(entry.key);
    for (const { lines } of records) if (lines.length > 0) keepCopies?.(operation, lines);
    await operation.commit();
  }

  /** Sets a record aside, unless another process did. */
  async setAside(entry: Entry, reason: string): Promise<void> {
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
  warnOnce(error: unknown): void {
    const reason = String(error);
    const { kind } = this.#options.consumer;
    if (reason !== this.#lastReason) {
      logger.warn("An outbox record ({kind}) waits for the next sweep: {reason}", { kind, reason });
    }
    this.#lastReason = reason;
  }
}

/** What a consumer gets of a record. */
export function toOutboxRecord({ entry, lines }: ReadRecord): OutboxRecord {
  return { lines, trace: readOutboxTrace(entry.key) };
}
