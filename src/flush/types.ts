/** What starts a flush and what it reports. */

/** Why a flush was started (contract 8.1). */
export type FlushTrigger = "size" | "timer" | "cron" | "start" | "shutdown" | "forced" | "retry";

/** The record of one flush: result, trigger, counts, and timings in milliseconds. */
export interface FlushReport {
  readonly trigger: FlushTrigger;
  /**
   * `drained`: nothing was left; `stopped`: asked to stop, or long enough; `busy`: somebody else
   * flushes; `unavailable`: the sink is away; `fenced`: the lease was lost; `failed`: KV failed.
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
