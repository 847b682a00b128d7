/** Records activity for the dashboard: counts for its plots, examples of rejected events. */

import type { Clock } from "../clock.ts";
import type { TokenRefusal } from "../events/identification.ts";
import { type Outcome, outcomeLabel, OUTCOMES } from "../events/outcome.ts";
import type { UrlFilter } from "../events/url_filter.ts";
import type { Kv } from "../kv/port.ts";
import type { Database } from "../store/database.ts";
import { PipelineCounts } from "./pipeline_counts.ts";
import { RejectionLog } from "./rejections.ts";

/** Options of `ActivityLog`. */
export interface ActivityLogOptions {
  readonly kv: Kv;
  readonly database: Pick<Database, "run">;
  readonly clock: Clock;
  /** A time-ordered id. */
  readonly newId: () => string;
  /** Removes secrets from URLs in examples. */
  readonly urls: UrlFilter;
}

/** The part of a flush report that the plots show. */
export interface FlushActivity {
  readonly events: number;
  readonly replays: number;
  readonly ms: number;
}

/** Collects in memory and writes every few seconds; a crash loses counts, never events. */
export class ActivityLog {
  readonly #counts: PipelineCounts;
  readonly #rejections: RejectionLog;

  constructor(options: ActivityLogOptions) {
    this.#counts = new PipelineCounts(options);
    this.#rejections = new RejectionLog(options);
  }

  /** Records an event that was a duplicate, was rejected, or is anonymous because of a refused token. */
  recordOutcome(raw: unknown, outcome: Outcome, refusal?: TokenRefusal): void {
    const { counter, tracked } = OUTCOMES[outcome.kind];
    if (refusal !== undefined && tracked) this.#rejections.recordRefusal(raw, refusal);
    if (counter === "accepted") return;
    this.#counts.add(counter, outcomeLabel(outcome));
    if (counter === "rejected") this.#rejections.record(raw, outcome);
  }

  /** Records a flush. */
  recordFlush({ events, replays, ms }: FlushActivity): void {
    this.#counts.add("duplicates", "late_replay", replays);
    if (events > 0) this.#counts.addFlush(ms);
  }

  /** Writes what was recorded since the last write. */
  async write(): Promise<void> {
    await Promise.all([this.#counts.write(), this.#rejections.write()]);
  }
}
