/** Turns outbox records into enrichments. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { EnricherInput, EnrichmentSink } from "../events/enrichment.ts";
import { idAt } from "../events/id.ts";
import { parseContext, parseRow, readContextJson, readRowJson } from "../events/line.ts";
import type { RequestContext } from "../events/types.ts";
import { outbox, outboxKey, traceOfOutboxKey } from "../kv/keys.ts";
import type { Kv, KvEntry } from "../kv/port.ts";
import { unpack } from "../kv/segment.ts";
import { inSpan } from "../tracing.ts";
import { type Enricher, type ObserveEnricher, runEnrichers } from "./enrich.ts";
import { KIND } from "./outbox.ts";

/** What a worker is made of. */
export interface WorkerOptions {
  readonly kv: Kv;
  readonly sink: EnrichmentSink;
  readonly enrichers: readonly Enricher[];
  readonly clock: Clock;
  readonly observe: ObserveEnricher;
  /** Called with each batch: its events, how long it took, whether it was written. */
  readonly onBatch?: (events: number, seconds: number, written: boolean) => void;
}

type Entry = KvEntry<Uint8Array>;

/**
 * Records enriched and written together, about 1,000 events. Twenty were no faster, beside a flush on the
 * same machine, and took 36 MB more.
 */
const RECORDS_TOGETHER = 10;
/** Batches that are written while the next one is enriched: half as fast again as one after another. */
const WRITES_AT_ONCE = 2;
/** Records that fail one by one before a sweep ends. */
const MAX_FAILURES = 5;

const logger = getLogger(["sluice", "enrichment"]);

/** Reads records. A context is read once for all events that share it, and is one object for them. */
function readEvents(entries: readonly Entry[]): EnricherInput[] {
  const contexts = new Map<string, RequestContext>();
  return entries.flatMap(({ value }) =>
    unpack(value).map((line) => {
      const json = readContextJson(line);
      const context = contexts.get(json) ?? parseContext(json);
      contexts.set(json, context);
      return { row: parseRow(readRowJson(line)), context };
    })
  );
}

/** Enriches records, one sweep at a time. */
export class EnrichmentWorker {
  readonly #options: WorkerOptions;
  #failures = 0;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /**
   * Takes up the records that are at least `minAgeMs` old, oldest first. Those that fail stay for the
   * next sweep; when several fail one by one it is the sink that is away, and the sweep ends.
   */
  async sweep(stop: AbortSignal, minAgeMs = 0): Promise<void> {
    const { kv, clock } = this.#options;
    const prefix = outbox(KIND);
    // Without an age there is no end either: another process's clock may be ahead.
    const range = minAgeMs === 0
      ? { prefix }
      : { prefix, end: outboxKey(KIND, idAt(clock.now() - minAgeMs)) };
    const records = kv.list<Uint8Array>(range, { batchSize: RECORDS_TOGETHER });
    const writing = new Set<Promise<void>>();
    let together: Entry[] = [];
    this.#failures = 0;
    try {
      for await (const entry of records) {
        if (stop.aborted || this.#failures >= MAX_FAILURES) return;
        if (together.push(entry) < RECORDS_TOGETHER) continue;
        if (writing.size === WRITES_AT_ONCE) await Promise.race(writing);
        const write = this.#process(together);
        writing.add(write);
        write.then(() => writing.delete(write), () => {}); // a failure is heard by whoever waits
        together = [];
      }
      await this.#process(together);
      await Promise.all(writing);
    } catch (error) {
      logger.warn("Enrichment waits for the next sweep: {error}", { error });
    } finally {
      await Promise.allSettled(writing);
    }
  }

  /** Processes records together; where that fails, one by one, so that a poison record is alone. */
  async #process(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      await this.#write(entries);
    } catch (error) {
      if (entries.length === 1) return this.#fail(error);
      for (const entry of entries) {
        if (this.#failures >= MAX_FAILURES) return;
        await this.#write([entry]).catch((error) => this.#fail(error));
      }
    }
  }

  /** Writes records together and tells of it. */
  async #write(entries: readonly Entry[]): Promise<void> {
    const startedAt = performance.now();
    let events: number | null = null;
    try {
      events = await inSpan("enrich", async (task) => {
        task.stemsFrom(entries.values().map(({ key }) => traceOfOutboxKey(key)));
        const count = await this.#enrich(entries);
        task.note({ "sluice.records": entries.length, "sluice.events": count });
        return count;
      });
    } finally {
      const seconds = (performance.now() - startedAt) / 1000;
      this.#options.onBatch?.(events ?? 0, seconds, events !== null);
    }
  }

  /** A crash between the write and the delete repeats the write, which changes nothing. */
  async #enrich(entries: readonly Entry[]): Promise<number> {
    const { kv, sink, enrichers, observe } = this.#options;
    const events = readEvents(entries);
    await sink.write(runEnrichers(events, enrichers, observe));
    const operation = kv.atomic();
    for (const { key } of entries) operation.delete(key);
    await operation.commit();
    return events.length;
  }

  #fail(error: unknown): void {
    this.#failures += 1;
    logger.warn("A record waits for the next sweep: {error}", { error });
  }
}
