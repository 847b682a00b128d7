/** Triggers and reports of flushes. */

/** Why a flush was started (contract 8.1). */
export type FlushTrigger = "size" | "timer" | "cron" | "start" | "shutdown" | "forced" | "retry";

/** The report of one flush: trigger, result, counts, and timings in milliseconds. */
export interface FlushReport {
  readonly trigger: FlushTrigger;
  /**
   * `drained`: nothing is left; `stopped`: stopped, or reached its time limit; `busy`: another flusher
   * holds the lease; `unavailable`: the sink is unavailable; `fenced`: the lease was lost; `failed`: KV
   * failed, or holds a segment of a newer version.
   */
  readonly result: "drained" | "stopped" | "busy" | "unavailable" | "fenced" | "failed";
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
