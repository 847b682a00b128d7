/** Names the rule that an event broke, so that the same mistake made twice is one line of a list. */

import { type Outcome, OUTCOMES } from "../events/outcome.ts";
import { describeZodError } from "../events/schema.ts";
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
  const { mistake } = OUTCOMES[outcome.kind];
  if (mistake === null) return null;
  switch (outcome.kind) {
    case "invalid": {
      // The offending value follows the last comma of the message and differs each time.
      const rules = outcome.error.issues.map(({ path, message }) =>
        `${path.join(".") || "event"} ${message.replace(/, got .*$/s, "")}`
      );
      return brokenRule(outcome.kind, rules.join("; "), describeZodError(outcome.error));
    }
    case "refused": {
      // The mistake is which props are missing; but not which time or type was given.
      const rule = outcome.rule === "required_props" ? outcome.message : outcome.rule;
      return brokenRule(outcome.kind, rule, outcome.message);
    }
    default:
      return brokenRule(outcome.kind, mistake, "message" in outcome ? outcome.message : mistake);
  }
}

function brokenRule(kind: string, rule: string, message: string): BrokenRule {
  return { kind, rule: truncateText(rule, MAX_RULE), message: truncateText(message, MAX_MESSAGE) };
}
