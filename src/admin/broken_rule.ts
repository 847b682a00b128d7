/** Names the rule that an event broke, so that the same mistake made twice is one line of a list. */

import type { Outcome } from "../events/outcome.ts";
import { zodSentence } from "../events/schema.ts";
import { truncateText } from "./example.ts";

/** A rule, and what the client was told. */
export interface BrokenRule {
  /** The outcome (contract section 2). */
  readonly kind: string;
  readonly rule: string;
  readonly message: string;
}

const MAX_MESSAGE = 300;
const MAX_RULE = 120;

/** The rule of an outcome, or `null` where the client made no mistake. */
export function ruleOf(outcome: Outcome): BrokenRule | null {
  switch (outcome.kind) {
    case "invalid": {
      // What was given stands in the message behind the last comma, and is another each time.
      const rules = outcome.error.issues.map(({ path, message }) =>
        `${path.join(".") || "event"} ${message.replace(/, got .*$/s, "")}`
      );
      return brokenRule(outcome.kind, rules.join("; "), zodSentence(outcome.error));
    }
    case "refused": {
      // Which props are missing is the mistake; which time or type was given is its occasion.
      const rule = outcome.rule === "required_props" ? outcome.message : outcome.rule;
      return brokenRule(outcome.kind, rule, outcome.message);
    }
    case "conflict":
      return brokenRule(
        outcome.kind,
        "idempotencyKey used for a different event",
        outcome.message,
      );
    case "too_large":
      return brokenRule(outcome.kind, "event larger than 32 KiB", outcome.message);
    case "limited":
      return brokenRule(outcome.kind, "rate limit", outcome.message);
    default:
      return null;
  }
}

function brokenRule(kind: string, rule: string, message: string): BrokenRule {
  return { kind, rule: truncateText(rule, MAX_RULE), message: truncateText(message, MAX_MESSAGE) };
}
