/**
 * The live tail: polls the buffer and Postgres for new events twice a second, and so covers all
 * processes. It costs nothing without viewers, and its cost does not grow with traffic.
 */

import { getLogger } from "@logtape/logtape";
import { type Clock, pause, within } from "../clock.ts";
import { idAt, readIdTime } from "../events/id.ts";
import { listBuffered } from "./buffered_events.ts";
import { mergeNewest } from "./event_list.ts";
import { type EventQuery, type EventStores, listStored } from "./recent_events.ts";
import type { ListedEvent, TailInput, TailUpdate } from "./schema.ts";

/** Options of `followTail`. */
export interface TailOptions extends EventStores {
  readonly clock: Clock;
}

const INTERVAL_MS = 500;
/** How long to wait for Postgres before showing the buffer alone. */
const TIMEOUT_MS = 1_000;
/** Clocks of other processes may lag, and events may wait for their commit. */
const LOOK_BACK_MS = 3_000;
/** Maximum number of events in an update: more could not be read. */
const MAX_UPDATE_EVENTS = 100;

const logger = getLogger(["sluice", "admin"]);

/**
 * Yields the events after `lastEventId`, or from now on, until `signal` aborts. After a resumed
 * connection some events may be repeated, but none is missing.
 */
export async function* followTail(
  options: TailOptions,
  { lastEventId, ...filter }: TailInput,
  signal: AbortSignal,
): AsyncGenerator<[id: string, update: TailUpdate]> {
  const { clock } = options;
  const poll = createPoll(options);
  const shown = new Set<string>();
  let newest = lastEventId ?? idAt(clock.now());
  while (!signal.aborted) {
    const after = idAt(readIdTime(newest) - LOOK_BACK_MS);
    for (const id of shown) if (id < after) shown.delete(id);
    const events = await poll({ filter, after, limit: MAX_UPDATE_EVENTS });
    const fresh = events.filter(({ eventId }) => !shown.has(eventId));
    const [first] = fresh;
    if (first !== undefined) {
      for (const { eventId } of fresh) shown.add(eventId);
      if (first.eventId > newest) newest = first.eventId;
      yield [newest, { events: fresh, more: fresh.length === MAX_UPDATE_EVENTS }];
    }
    await pause(clock, INTERVAL_MS, signal);
  }
}

/** Lists new events in the buffer and, if Postgres responds in time, those stored. Never throws. */
function createPoll({ kv, database, clock }: TailOptions) {
  let pending: Promise<ListedEvent[]> | null = null;

  function queryStored(query: EventQuery): Promise<ListedEvent[]> {
    // One query at a time, so that they do not pile up while Postgres hangs.
    return pending ??= listStored(database, query).catch(() => []).finally(() => pending = null);
  }

  return async function poll(query: EventQuery): Promise<ListedEvent[]> {
    // Buffer before Postgres: an event that is flushed in between is found as a row.
    const buffered = await listBuffered(kv, query).catch((error) => {
      logger.warn("The live tail cannot read the buffer: {error}", { error });
      return [];
    });
    const stored = await within(clock, TIMEOUT_MS, queryStored(query)) ?? [];
    return mergeNewest(query.limit, stored, buffered);
  };
}
