/** What keeps the service from using Postgres, until an operator changes it. */

import { getLogger } from "@logtape/logtape";
import { explainFailure } from "./explain_failure.ts";
import { classifyFailure } from "./failure.ts";

/** What is done with Postgres. */
export type Activity = "migrations" | "partitions" | "flush" | "enrichment";

const logger = getLogger(["sluice", "store"]);

/** Collects what fails, so that each reason is logged once, and its end too. */
export class PostgresCondition {
  readonly #sentences = new Map<Activity, string>();
  readonly #reasons = new Map<Activity, string>();
  /** Whether migrations are still to be applied. */
  isPreparing = false;

  /** The first reason that an operator can change, without hosts and users; `null`: there is none. */
  get sentence(): string | null {
    for (const sentence of this.#sentences.values()) return sentence;
    return null;
  }

  /** To be called when an activity fails. Only a reason that is not known yet is logged. */
  fails(activity: Activity, error: unknown): void {
    // Without the tables nothing works; the reason is that of the migrations.
    if (this.isPreparing && activity !== "migrations") return;
    const reason = classifyFailure(error).message;
    const sentence = explainFailure(error);
    const isNew = this.#reasons.get(activity) !== reason;
    const isKnown = sentence !== null && [...this.#sentences.values()].includes(sentence);
    this.#reasons.set(activity, reason);
    if (sentence === null) {
      this.#sentences.delete(activity);
      if (isNew) {
        logger.warn("Postgres ({activity}) is unavailable: {reason}", { activity, reason });
      }
      return;
    }
    this.#sentences.set(activity, sentence);
    if (isKnown) return;
    logger.error(
      "Postgres ({activity}): {sentence}. Events are buffered until this is changed: {reason}",
      { activity, sentence, reason },
    );
  }

  /** To be called when an activity succeeds. */
  works(activity: Activity): void {
    if (!this.#reasons.delete(activity)) return;
    this.#sentences.delete(activity);
    logger.info("Postgres ({activity}) works again", { activity });
  }
}
