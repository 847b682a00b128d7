/** Creates the outbox: its records, a listener for the KV queue, and a sweeper for each consumer. */

import type { Clock } from "../clock.ts";
import type { Outbox } from "../kv/outbox.ts";
import type { AtomicOperation, Kv } from "../kv/port.ts";
import type { OutboxConsumer } from "./consumer.ts";
import type { KeepCopies } from "./kept_copies.ts";
import { QueueListener, type QueueMode } from "./queue_listener.ts";
import { addRecords, createRecordWriter } from "./record.ts";
import { Sweep } from "./sweep.ts";
import { Sweeper } from "./sweeper.ts";

/** Options of `createOutbox`. */
export interface OutboxOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  /** Returns a time-ordered id for a record. */
  readonly newId: () => string;
  /** Whether this KV has a queue (`KV_QUEUES`). */
  readonly kvQueues: QueueMode;
  /** The consumers; one that is not enabled still gets records, which wait. */
  readonly consumers: readonly {
    readonly consumer: OutboxConsumer;
    readonly enabled: boolean;
    /** Keeps copies of what it processed; of one kind, as all have the same events. */
    readonly keepCopies?: KeepCopies | null;
  }[];
  /** No sweep begins after it is aborted. */
  readonly stop: AbortSignal;
}

/** The outbox of a process. */
export interface OutboxRuntime {
  /** Adds records to the commits of flushes. */
  readonly records: Outbox;
  /**
   * Adds records of one kind to an operation, to repeat one consumer's work outside of a flush. Call
   * `requestSweep` after the commit.
   */
  readonly addRecords: (
    operation: AtomicOperation,
    kind: string,
    segments: readonly Uint8Array[],
  ) => void;
  /** Starts listening to the KV queue. */
  readonly listen: () => void;
  /** Call it after a flush has committed records: requests a sweep unless the KV queue delivers. */
  readonly onRecords: () => void;
  /** Requests a sweep of every kind, of records that are at least `minAgeMs` old (default: all). */
  readonly requestSweep: (minAgeMs?: number) => void;
  /** Sweeps every kind at shutdown, until `deadline` is aborted: records may wait long for the next start. */
  readonly drain: (deadline: AbortSignal) => Promise<void>;
  /** Resolves when the running sweeps have ended. */
  readonly settled: () => Promise<void>;
}

/**
 * Creates the outbox of a process.
 *
 * @throws {RangeError} where two consumers have one kind, or there are too many
 */
export function createOutbox(options: OutboxOptions): OutboxRuntime {
  const { kv, clock, newId, kvQueues, consumers, stop } = options;
  const sweepers = new Map(consumers.map(({ consumer, enabled, keepCopies = null }) => {
    const sweep = new Sweep({ kv, clock, newId, consumer, keepCopies });
    return [consumer.kind, new Sweeper({ sweep, enabled, stop })];
  }));
  if (sweepers.size < consumers.length) {
    throw new RangeError("Cannot have two outbox consumers of one kind");
  }
  const listener = new QueueListener({
    kv,
    clock,
    mode: consumers.some(({ enabled }) => enabled) ? kvQueues : "off",
    onNotify: (kind) => sweepers.get(kind)?.requestSweep(),
  });
  function requestSweep(minAgeMs?: number): void {
    for (const sweeper of sweepers.values()) sweeper.requestSweep(minAgeMs);
  }
  return {
    records: createRecordWriter({
      consumers: consumers.map(({ consumer }) => consumer),
      newId,
      queueDelivers: () => listener.delivers,
    }),
    addRecords(operation, kind, segments) {
      addRecords(operation, segments, { kind, newId });
    },
    listen: () => listener.listen(stop),
    onRecords() {
      if (!listener.delivers) requestSweep();
    },
    requestSweep,
    async drain(deadline) {
      await Promise.all(sweepers.values().map((sweeper) => sweeper.drain(deadline)));
    },
    async settled() {
      await Promise.all(sweepers.values().map((sweeper) => sweeper.settled()));
    },
  };
}
