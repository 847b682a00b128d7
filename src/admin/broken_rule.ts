/** Names the rule that an event broke, so that rejections can be grouped by rule. */

import type { TokenRefusal } from "../events/identification.ts";
import { type Outcome, OUTCOMES } from "../events/outcome.ts";
import { describeZodError } from "../events/schema.ts";
import { redactText } from "./redact.ts";

/** A broken rule and the message that the client received. */
export interface BrokenRule {
  /** The outcome (contract section 2). */
  readonly kind: string;
  readonly rule: string;
  readonly message: string;
}

const MAX_MESSAGE = 300;
const MAX_RULE = 120;

/** The rule that a rejected event broke, or `null` if the client made no mistake. */
export function findBrokenRule(outcome: Outcome): BrokenRule | null {
  const { mistake } = OUTCOMES[outcome.kind];
  if (mistake === null) return null;
  switch (outcome.kind) {
    case "invalid": {
      // The offending value follows the last comma of the message and differs each time.
      const rules = outcome.error.issues.map(({ path, message }) =>
        `${path.join(".")} ${message.replace(/, got .*$/s, "")}`.trimStart()
      );
      return brokenRule(outcome.kind, rules.join("; "), describeZodError(outcome.error));
    }
    case "rule_violated": {
      // Missing props are distinct mistakes; values of a time or type are not.
      const rule = outcome.rule === "required_props" ? outcome.message : outcome.rule;
      return brokenRule(outcome.kind, rule, outcome.message);
    }
    case "unauthorized": {
      // Any number of keys may be unknown; those that are known have names.
      const isNamed = outcome.reason === "revoked";
      const rule = isNamed ? outcome.message : `${mistake}: ${outcome.reason}`;
      return brokenRule(outcome.kind, rule, outcome.message);
    }
    case "forbidden":
      return brokenRule(outcome.kind, outcome.message, outcome.message);
    default:
      return brokenRule(outcome.kind, mistake, "message" in outcome ? outcome.message : mistake);
  }
}

/** The rule that a token broke: its events are accepted as anonymous (contract 6.2). */
export function describeRefusal({ reason, message }: TokenRefusal): BrokenRule {
  return brokenRule(
    "token_refused",
    `token not accepted: ${reason.replaceAll("_", " ")}`,
    `The event was accepted as anonymous. The caller's token is not accepted: ${message}`,
  );
}

function brokenRule(kind: string, rule: string, message: string): BrokenRule {
  return { kind, rule: redactText(rule, MAX_RULE), message: redactText(message, MAX_MESSAGE) };
}
