/**
 * The outbox in KV is the truth about what is still to be enriched; a message of the KV queue only
 * says where to look. A message that comes twice finds no record; a record whose message got lost is
 * found by the sweep.
 */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { EnrichmentSink } from "../events/enrichment.ts";
import type { Outbox } from "../events/outbox.ts";
import { outbox, outboxKey } from "../kv/keys.ts";
import { pack, unpack } from "../kv/segment.ts";
import { enrich } from "./enrich.ts";

const KIND = "enrichment";
const RECORDS_PER_READ = 16;
/** Failures that end a sweep: it is not the records then. */
const MAX_FAILURES = 5;
const LISTEN_AGAIN_MS = 1_000;
const BACKOFF_MS = [100, 1_000, 5_000, 30_000];

/** What the outbox's reader is made of. */
export interface EnrichmentOptions {
  readonly kv: Deno.Kv;
  readonly sink: EnrichmentSink;
  readonly clock: Clock;
}

interface Message {
  readonly kind: typeof KIND;
  readonly recordIds: readonly string[];
}

const logger = getLogger(["sluice", "enrichment"]);

/** What an outbox is made of. */
export interface OutboxOptions {
  /** A time-ordered id for a record. */
  readonly newId: () => string;
  /** Whether to ring: to put a message into the KV queue, beside the records. */
  readonly ring: boolean;
}

/** The outbox of enrichment. */
export function createOutbox({ newId, ring }: OutboxOptions): Outbox {
  return {
    add(operation, lines) {
      const recordIds = pack(lines).map(({ bytes }) => {
        const id = newId();
        operation.set(outboxKey(KIND, id), bytes);
        return id;
      });
      if (!ring || recordIds.length === 0) return;
      const message: Message = { kind: KIND, recordIds };
      operation.enqueue(message, { backoffSchedule: BACKOFF_MS });
    },
  };
}

/** Turns outbox records into enrichments. */
export class EnrichmentWorker {
  readonly #options: EnrichmentOptions;

  constructor(options: EnrichmentOptions) {
    this.#options = options;
  }

  /** Listens to the KV queue until `stop`; another process that writes can end a listening early. */
  async listen(stop: AbortSignal): Promise<void> {
    const { kv, clock } = this.#options;
    while (!stop.aborted) {
      try {
        await kv.listenQueue(async (message: unknown) => {
          if (!isMessage(message)) return;
          for (const id of message.recordIds) await this.#process(outboxKey(KIND, id));
        });
      } catch (error) {
        if (stop.aborted) return;
        logger.warn("Listening to the KV queue failed and is tried again: {error}", { error });
      }
      if (!stop.aborted) await clock.sleep(LISTEN_AGAIN_MS);
    }
  }

  /** Takes up every record, oldest first. One that fails stays for the next sweep and stops no other. */
  async sweep(stop: AbortSignal): Promise<void> {
    const records = this.#options.kv.list({ prefix: outbox(KIND) }, {
      batchSize: RECORDS_PER_READ,
    });
    let failures = 0;
    for await (const { key } of records) {
      if (stop.aborted || failures >= MAX_FAILURES) return;
      try {
        await this.#process(key);
      } catch (error) {
        failures += 1;
        logger.warn("A record waits for the next sweep: {error}", { error });
      }
    }
  }

  /** Enriches one record's events, then deletes it. A crash in between repeats the insert, harmlessly. */
  async #process(key: Deno.KvKey): Promise<void> {
    const { value } = await this.#options.kv.get<Uint8Array>(key);
    if (value === null) return;
    await this.#options.sink.write(enrich(unpack(value)));
    await this.#options.kv.delete(key);
  }
}

function isMessage(message: unknown): message is Message {
  return typeof message === "object" && message !== null &&
    "kind" in message && message.kind === KIND &&
    "recordIds" in message && Array.isArray(message.recordIds);
}
