/** What keeps the service from using Postgres, until an operator changes it. */

import { getLogger } from "@logtape/logtape";
import { type Clock, systemClock } from "../clock.ts";
import { explainFailure } from "./explain_failure.ts";
import { classifyFailure } from "./failure.ts";

/** What is done with Postgres. */
export type Activity = "migrations" | "partitions" | "flush" | "enrichment";

const logger = getLogger(["sluice", "store"]);

/**
 * Every activity is repeated at least each minute while it has work. One that is not has none any more:
 * another process may have done it, after the fault was mended.
 */
const VALID_MS = 180_000;

/** What an operator has to change, and when it was last found, by the monotonic clock. */
interface Finding {
  readonly sentence: string;
  readonly at: number;
}

/** Collects what fails, so that each reason is logged once, and its end too. */
export class PostgresCondition {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #findings = new Map<Activity, Finding>();
  readonly #reasons = new Map<Activity, string>();
  /** Whether migrations are still to be applied. */
  isPreparing = false;

  constructor(clock: Pick<Clock, "monotonic"> = systemClock) {
    this.#clock = clock;
  }

  /** The first reason that an operator can change, without hosts and users; `null`: there is none. */
  get sentence(): string | null {
    const since = this.#clock.monotonic() - VALID_MS;
    const finding = this.#findings.values().find(({ at }) => at >= since);
    return finding?.sentence ?? null;
  }

  /** Why nothing may be written yet: without its migrations the database is another version's; else `null`. */
  get refusal(): string | null {
    if (!this.isPreparing) return null;
    return this.#reasons.get("migrations") ?? "the migrations have not been applied yet";
  }

  /** To be called when an activity fails. Only a reason that is not known yet is logged. */
  fails(activity: Activity, error: unknown): void {
    // Without the tables nothing works; the reason is that of the migrations.
    if (this.isPreparing && activity !== "migrations") return;
    const reason = classifyFailure(error).message;
    const sentence = explainFailure(error);
    const isNew = this.#reasons.get(activity) !== reason;
    const isKnown = this.#findings.values().some((known) => known.sentence === sentence);
    this.#reasons.set(activity, reason);
    if (sentence === null) {
      this.#findings.delete(activity);
      if (isNew) {
        logger.warn("Postgres ({activity}) is unavailable: {reason}", { activity, reason });
      }
      return;
    }
    this.#findings.set(activity, { sentence, at: this.#clock.monotonic() });
    if (isKnown) return;
    logger.error(
      "Postgres ({activity}): {sentence}. Events are buffered until this is changed: {reason}",
      { activity, sentence, reason },
    );
  }

  /** To be called when an activity succeeds. */
  works(activity: Activity): void {
    if (!this.#reasons.delete(activity)) return;
    this.#findings.delete(activity);
    logger.info("Postgres ({activity}) works again", { activity });
  }
}
