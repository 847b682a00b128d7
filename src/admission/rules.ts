/** The rules that an event of a right shape must keep, and what time it happened by them. */

import { isKnownEventType, REQUIRED_PROPS } from "../events/catalogue.ts";
import { readOccurredAt } from "../events/occurred_at.ts";
import type { BusinessRule, Rejection } from "../events/outcome.ts";
import type { ParsedEvent } from "../events/schema.ts";

/** What the rules depend on. */
export interface RulesOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly clockToleranceMs: number;
  readonly strictEventTypes: boolean;
}

/** Epoch milliseconds. */
export interface Times {
  readonly receivedAtMs: number;
  readonly occurredAtMs: number;
}

/** When an event that keeps the rules happened and arrived, or the rule that it breaks. */
export function checkRules(options: RulesOptions, event: ParsedEvent): Times | Refusal {
  if (options.strictEventTypes && !isKnownEventType(event.eventType)) {
    return refusal("known_event_type", `eventType "${event.eventType}" is not in the catalogue`);
  }
  const missing = missingProps(event);
  if (missing.length > 0) {
    const names = missing.map((prop) => `props.${prop}`).join(", ");
    return refusal("required_props", `${event.eventType} requires ${names}`);
  }
  const receivedAtMs = options.now();
  const told = event.props?.["occurred_at"];
  if (told === undefined) return { receivedAtMs, occurredAtMs: receivedAtMs };
  const occurredAt = readOccurredAt(told, receivedAtMs, options.clockToleranceMs);
  return "reason" in occurredAt
    ? refusal("occurred_at", `props.occurred_at ${occurredAt.reason}`)
    : { receivedAtMs, occurredAtMs: occurredAt.ms };
}

/** Contract 4.4. */
function missingProps(event: ParsedEvent): string[] {
  if (!Object.hasOwn(REQUIRED_PROPS, event.eventType)) return [];
  const { props } = event;
  return REQUIRED_PROPS[event.eventType]?.filter((name) =>
    props === undefined || !Object.hasOwn(props, name) || props[name] === undefined
  ) ?? [];
}

type Refusal = Rejection & { kind: "refused" };

function refusal(rule: BusinessRule, message: string): Refusal {
  return { kind: "refused", rule, message };
}
