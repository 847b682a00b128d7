/** Converts, filters and merges events for the lists of `admin.*`. */

import type { EventRow } from "../events/types.ts";
import type { ListedRow } from "../store/admin_events.ts";
import { toIsoTime } from "./iso_time.ts";
import type { EventFilter, ListedEvent } from "./schema/events.ts";

/** Converts a row to the form that the API returns. That of a buffered event may be damaged (contract 8.10). */
export function toListedEvent(row: ListedRow, state: ListedEvent["state"]): ListedEvent {
  return {
    eventId: row.id,
    receivedAt: toIsoTime(row.received_at),
    occurredAt: toIsoTime(row.occurred_at),
    eventType: toText(row.event_type) ?? "",
    knownEventType: row.known_event_type === true,
    source: toText(row.source) ?? "",
    entityType: toText(row.entity_type),
    entityId: toText(row.entity_id),
    sessionId: toText(row.session_id),
    userId: toText(row.user_id),
    state,
  };
}

function toText(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** Whether an event passes a filter; must agree with `listEvents` in SQL. */
export function matchesFilter({ type, sessionId, userId }: EventFilter, row: EventRow): boolean {
  return (type === undefined || row.event_type === type) &&
    (sessionId === undefined ||
      toText(row.session_id)?.toLowerCase() === sessionId.toLowerCase()) &&
    (userId === undefined || row.user_id === userId);
}

/** The newest events of both lists, each once; a stored event wins over its buffered copy. */
export function mergeNewest(
  limit: number,
  stored: readonly ListedEvent[],
  buffered: readonly ListedEvent[],
): ListedEvent[] {
  const byId = new Map([...buffered, ...stored].map((event) => [event.eventId, event]));
  return [...byId.values()].sort((a, b) => a.eventId < b.eventId ? 1 : -1).slice(0, limit);
}
