/** The newest events, in the buffer and in Postgres, across all processes. */

import type { Database } from "../store/database.ts";
import { listEvents } from "../store/admin_events.ts";
import { listBuffered } from "./buffered.ts";
import { listed, newestOf } from "./listed.ts";
import type { EventFilter, EventPage, ListedEvent, RecentEventsInput } from "./schema.ts";
import type { Kv } from "../kv/port.ts";

/** Where events are looked for. */
export interface EventPlaces {
  readonly kv: Kv;
  readonly database: Pick<Database, "run">;
}

/** What to list; ids are exclusive. */
export interface Wanted {
  readonly filter: EventFilter;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Lists events, the newest id first. */
export async function listNewest(
  { kv, database }: EventPlaces,
  { filter, ...range }: Wanted,
): Promise<ListedEvent[]> {
  // The buffer first: what leaves it meanwhile is a row by the time Postgres is asked.
  const buffered = await listBuffered(kv, { filter, ...range });
  return newestOf(range.limit, await listStored(database, { filter, ...range }), buffered);
}

/** Lists rows alone. */
export async function listStored(
  database: EventPlaces["database"],
  { filter, ...range }: Wanted,
): Promise<ListedEvent[]> {
  const rows = await database.run((sql) => listEvents(sql, { ...filter, ...range }));
  return rows.map((row) => listed(row, "stored"));
}

/** A page of them; its cursor is the id of its last event. */
export async function readEventPage(
  places: EventPlaces,
  { limit, cursor, ...filter }: RecentEventsInput,
): Promise<EventPage> {
  const events = await listNewest(places, { filter, before: cursor, limit });
  const last = events.length === limit ? events.at(-1) : undefined;
  return { events, nextCursor: last?.eventId ?? null };
}
