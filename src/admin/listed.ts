/** Events as a list shows them, wherever they are. */

import type { EventRow } from "../events/types.ts";
import type { ListedRow } from "../store/admin_events.ts";
import type { EventFilter, ListedEvent } from "./schema.ts";

/** An event for a list. */
export function listed(row: ListedRow, state: ListedEvent["state"]): ListedEvent {
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

/** Whether a filter lets an event through. */
export function matches({ type, sessionId, userId }: EventFilter, row: EventRow): boolean {
  return (type === undefined || row.event_type === type) &&
    (sessionId === undefined || row.session_id?.toLowerCase() === sessionId.toLowerCase()) &&
    (userId === undefined || row.user_id === userId);
}

/** The newest of both lists, each event once: what is a row by now is no longer buffered. */
export function newestOf(
  limit: number,
  stored: readonly ListedEvent[],
  buffered: readonly ListedEvent[],
): ListedEvent[] {
  const byId = new Map([...buffered, ...stored].map((event) => [event.eventId, event]));
  return [...byId.values()].sort((a, b) => a.eventId < b.eventId ? 1 : -1).slice(0, limit);
}
