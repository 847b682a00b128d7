/** Enrichment, made of its parts: one worker, and three that have it sweep. */

import type { Outbox } from "../kv/outbox.ts";
import { createOutbox } from "./outbox.ts";
import { QueueListener, type QueueOptions } from "./queue.ts";
import { Sweeper } from "./sweeper.ts";
import { EnrichmentWorker, type WorkerOptions } from "./worker.ts";

/** What it is made of. */
export interface EnrichmentOptions extends WorkerOptions {
  readonly enabled: boolean;
  /** What is known of the KV's queue. */
  readonly kvQueues: QueueOptions["mode"];
  /** A time-ordered id for a record. */
  readonly newId: () => string;
  /** No sweep is begun once it is aborted. */
  readonly stop: AbortSignal;
}

/** Enrichment, and its side of the flush. */
export interface Enrichment {
  readonly sweeper: Sweeper;
  readonly outbox: Outbox;
  /** Begins to listen to the KV's queue. */
  readonly listen: () => void;
  /** Tells that a flush left records: where no listener rings for them, they are swept now. */
  readonly onRecords: () => void;
}

/** Makes it. */
export function createEnrichment(options: EnrichmentOptions): Enrichment {
  const { kv, clock, newId, enabled, kvQueues, stop } = options;
  const sweeper = new Sweeper({ worker: new EnrichmentWorker(options), enabled, stop });
  const listener = new QueueListener({
    kv,
    clock,
    mode: enabled ? kvQueues : "off",
    onNotify: () => sweeper.ask(),
  });
  return {
    sweeper,
    outbox: createOutbox({ newId, notifies: () => listener.delivers }),
    listen: () => listener.listen(stop),
    onRecords() {
      if (!listener.delivers) sweeper.ask();
    },
  };
}
