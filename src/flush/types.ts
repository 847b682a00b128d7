/** Triggers, reports and options of flushes. */

import type { Clock } from "../clock.ts";
import type { EventSink } from "../events/sink.ts";
import type { Outbox } from "../kv/outbox.ts";
import type { Kv } from "../kv/port.ts";

/** Why a flush was started (contract 8.1). */
export type FlushTrigger = "size" | "timer" | "cron" | "start" | "shutdown" | "forced" | "retry";

/** The report of one flush: trigger, result, counts, and timings in milliseconds. */
export interface FlushReport {
  readonly trigger: FlushTrigger;
  /**
   * `drained`: nothing is left; `stopped`: stopped, or reached its time limit; `busy`: another flusher
   * holds the lease; `unavailable`: the sink is unavailable; `fenced`: the lease was lost; `failed`: KV
   * failed; `newer`: KV has the format of a newer version, or holds a segment of one.
   */
  readonly result: "drained" | "stopped" | "busy" | "unavailable" | "fenced" | "failed" | "newer";
  readonly reason: string | null;
  readonly batches: number;
  readonly events: number;
  readonly stored: number;
  readonly replays: number;
  readonly deadLetters: number;
  readonly readMs: number;
  readonly insertMs: number;
  readonly commitMs: number;
  readonly ms: number;
}

/** The timings of a batch, in milliseconds. */
export interface BatchTimes {
  readonly events: number;
  readonly readMs: number;
  readonly insertMs: number;
  readonly commitMs: number;
}

/** Options of `Flusher`. */
export interface FlusherOptions {
  readonly kv: Kv;
  readonly sink: EventSink;
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Segments of one page, that of a local KV by default. */
  readonly segmentsPerRead?: number;
  /** How long a key is claimed (`IDEMPOTENCY_TTL_SECONDS`). */
  readonly idempotencyTtlMs: number;
  /** Returns a name for the owner of the lease. */
  readonly newId: () => string;
  /** Called with the report of each flush, except those that found nothing. */
  readonly onFlushed: (report: FlushReport) => void;
  /** Rejects with `KvFormatError` where KV has a newer format; called when a flush begins. */
  readonly checkFormat?: () => Promise<void>;
  /** Called under the lease before the first insert of each flush. */
  readonly beforeInserts?: () => Promise<void>;
  /** Called under the lease at the end of a flush, when every insert of it is committed. */
  readonly onRest?: (rest: Rest) => Promise<void>;
  /** Called with the timings of each batch that has left the buffer. */
  readonly onBatch?: (batch: BatchTimes) => void;
  /** Whether copies of dead letters are kept, for `deno task reflush`. */
  readonly keepsCopies?: () => boolean;
}

/** A moment at which nothing is in flight. */
export interface Rest {
  /** Whether the buffer was seen empty. */
  readonly drained: boolean;
  /** Whether the lease has been held until now. */
  readonly isHeld: () => Promise<boolean>;
}
