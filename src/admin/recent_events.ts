/** Lists the newest events in the buffer and in Postgres, from all processes. */

import type { Database } from "../store/database.ts";
import { listEvents } from "../store/admin_events.ts";
import { listBuffered } from "./buffered_events.ts";
import { mergeNewest, toListedEvent } from "./event_list.ts";
import type { EventFilter, EventPage, ListedEvent, RecentEventsInput } from "./schema/events.ts";
import type { Kv } from "../kv/port.ts";

/** The two stores that hold events. */
export interface EventStores {
  readonly kv: Kv;
  readonly database: Pick<Database, "run">;
}

/** Which events to list; the bounds are ids, both exclusive. */
export interface EventQuery {
  readonly filter: EventFilter;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Lists events, newest first. */
export async function listNewest(
  { kv, database }: EventStores,
  { filter, ...range }: EventQuery,
): Promise<ListedEvent[]> {
  // Buffer before Postgres: an event that is flushed in between is found as a row.
  const buffered = await listBuffered(kv, { filter, ...range });
  return mergeNewest(range.limit, await listStored(database, { filter, ...range }), buffered);
}

/** Lists only stored events. */
export async function listStored(
  database: EventStores["database"],
  { filter, ...range }: EventQuery,
): Promise<ListedEvent[]> {
  const rows = await database.run((sql) => listEvents(sql, { ...filter, ...range }));
  return rows.map((row) => toListedEvent(row, "stored"));
}

/** Reads a page of events; the cursor is the id of its last event. */
export async function readEventPage(
  stores: EventStores,
  { limit, cursor, ...filter }: RecentEventsInput,
): Promise<EventPage> {
  const events = await listNewest(stores, { filter, before: cursor, limit });
  const last = events.length === limit ? events.at(-1) : undefined;
  return { events, nextCursor: last?.eventId ?? null };
}
