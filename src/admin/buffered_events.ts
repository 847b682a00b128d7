/** Reads events from the buffer without removing them. */

import { idAt, readIdTime } from "../events/id.ts";
import { tryParseRow, tryReadRowJson } from "../events/unreadable.ts";
import type { EventRow } from "../events/types.ts";
import { segmentKey, SEGMENTS, SEGMENTS_END } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";
import { isReadable, unpack } from "../kv/segment.ts";
import { matchesFilter, toListedEvent } from "./event_list.ts";
import type { EventFilter, ListedEvent } from "./schema/events.ts";

/** Which buffered events to list. */
export interface BufferedSelection {
  readonly filter: EventFilter;
  /** Ids above this one. */
  readonly after?: string | undefined;
  /** Ids below this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** An event can wait this long for its commit, so its segment can be this much younger. */
const MAX_WAIT_MS = 5_000;
/** Segments read per listing: enough for a page, and little load beside tracking. */
const SEGMENTS_PER_LIST = 20;
/** Segments searched for one event: all that can be written while it waits for its commit. */
const SEGMENTS_PER_SEARCH = 300;

/** Lists the newest buffered events, newest first. */
export async function listBuffered(
  kv: Kv,
  { filter, after, before, limit }: BufferedSelection,
): Promise<ListedEvent[]> {
  const range = {
    start: after === undefined ? SEGMENTS : segmentKey(after),
    end: before === undefined ? SEGMENTS_END : segmentKey(idAt(readIdTime(before) + MAX_WAIT_MS)),
  };
  const segments = kv.list<unknown>(range, { reverse: true, limit: SEGMENTS_PER_LIST });
  const events: ListedEvent[] = [];
  for await (const { value } of segments) {
    if (events.length >= limit) break;
    if (!isReadable(value)) continue; // of a newer version, or damaged
    for (const line of unpack(value)) {
      if (filter.type !== undefined && !line.includes(JSON.stringify(filter.type))) continue;
      const row = readRow(line);
      if (row === null) continue; // a damaged line
      const isWanted = matchesFilter(filter, row) &&
        (after === undefined || row.id > after) && (before === undefined || row.id < before);
      if (isWanted) events.push(toListedEvent(row, "buffered"));
    }
  }
  return events.sort((a, b) => a.eventId < b.eventId ? 1 : -1).slice(0, limit);
}

/** Finds the row of a buffered event. Searches `segment` first if given. */
export async function findBuffered(
  kv: Kv,
  eventId: string,
  segment: string | null,
): Promise<EventRow | null> {
  if (segment !== null) {
    const { value } = await kv.get<unknown>(segmentKey(segment));
    const row = findRow(value, eventId);
    if (row !== null) return row;
  }
  const range = {
    start: segmentKey(idAt(readIdTime(eventId) - MAX_WAIT_MS)),
    end: segmentKey(idAt(readIdTime(eventId) + MAX_WAIT_MS)),
  };
  for await (const { value } of kv.list<unknown>(range, { limit: SEGMENTS_PER_SEARCH })) {
    const row = findRow(value, eventId);
    if (row !== null) return row;
  }
  return null;
}

function findRow(segment: unknown, eventId: string): EventRow | null {
  if (!isReadable(segment)) return null;
  const line = unpack(segment).find((line) => line.includes(eventId));
  if (line === undefined) return null;
  const row = readRow(line);
  return row?.id === eventId ? row : null;
}

function readRow(line: string): EventRow | null {
  const json = tryReadRowJson(line);
  return json === null ? null : tryParseRow(json);
}
