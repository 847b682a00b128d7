/** Converts, filters and merges events for the lists of `admin.*`. */

import type { EventRow } from "../events/types.ts";
import type { ListedRow } from "../store/admin_events.ts";
import type { EventFilter, ListedEvent } from "./schema.ts";

/** Converts a row to the form that the API returns. */
export function toListedEvent(row: ListedRow, state: ListedEvent["state"]): ListedEvent {
  return {
    eventId: row.id,
    receivedAt: new Date(row.received_at).toISOString(),
    occurredAt: new Date(row.occurred_at).toISOString(),
    eventType: row.event_type,
    knownEventType: row.known_event_type,
    source: row.source,
    entityType: row.entity_type,
    entityId: row.entity_id,
    sessionId: row.session_id,
    userId: row.user_id,
    state,
  };
}

/** Whether an event passes a filter; must agree with `listEvents` in SQL. */
export function matchesFilter({ type, sessionId, userId }: EventFilter, row: EventRow): boolean {
  return (type === undefined || row.event_type === type) &&
    (sessionId === undefined || row.session_id?.toLowerCase() === sessionId.toLowerCase()) &&
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
