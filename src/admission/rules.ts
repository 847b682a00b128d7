/** The business rules for an event that passed the schema (contract 4.1, 4.3, 4.4). */

import { isKnownEventType, REQUIRED_PROPS } from "../events/catalogue.ts";
import { readOccurredAt } from "../events/occurred_at.ts";
import type { BusinessRule, Rejection } from "../events/outcome.ts";
import type { ParsedEvent } from "../events/schema.ts";

/** Options of `checkRules`. */
export interface RulesOptions {
  /** Returns epoch milliseconds. */
  readonly now: () => number;
  readonly clockToleranceMs: number;
  readonly strictEventTypes: boolean;
}

/** When an event was received and when it happened, in epoch milliseconds. */
export interface Times {
  readonly receivedAtMs: number;
  readonly occurredAtMs: number;
  /** When it happened by the client's clock: after `occurredAtMs` if that is in the future. */
  readonly statedAtMs: number;
}

/**
 * Returns the times of an event, or the rule that it breaks.
 *
 * @param isImported whether it may be older than 30 days
 */
export function checkRules(
  options: RulesOptions,
  event: ParsedEvent,
  isImported = false,
): Times | Violation {
  if (options.strictEventTypes && !isKnownEventType(event.eventType)) {
    return violation("known_event_type", `eventType "${event.eventType}" is not in the catalogue`);
  }
  const missing = findMissingProps(event);
  if (missing.length > 0) {
    const names = missing.map((prop) => `props.${prop}`).join(", ");
    return violation("required_props", `${event.eventType} requires ${names}`);
  }
  const receivedAtMs = options.now();
  const given = event.props?.["occurred_at"];
  if (given === undefined || given === null) {
    return { receivedAtMs, occurredAtMs: receivedAtMs, statedAtMs: receivedAtMs };
  }
  const occurredAt = readOccurredAt(given, receivedAtMs, options.clockToleranceMs, isImported);
  if ("reason" in occurredAt) {
    return violation("occurred_at", `props.occurred_at ${occurredAt.reason}`);
  }
  const { ms } = occurredAt;
  return { receivedAtMs, occurredAtMs: Math.min(ms, receivedAtMs), statedAtMs: ms };
}

/** Contract 4.4. */
function findMissingProps(event: ParsedEvent): string[] {
  if (!Object.hasOwn(REQUIRED_PROPS, event.eventType)) return [];
  const { props } = event;
  return REQUIRED_PROPS[event.eventType]?.filter((name) =>
    props === undefined || !Object.hasOwn(props, name) || props[name] === undefined
  ) ?? [];
}

type Violation = Rejection & { kind: "rule_violated" };

function violation(rule: BusinessRule, message: string): Violation {
  return { kind: "rule_violated", rule, message };
}
