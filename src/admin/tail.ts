/**
 * The live tail: looks for new events in the buffer and in Postgres twice a second, and so covers all
 * processes. Viewers of one filter share each look. It costs nothing without viewers, and its cost does
 * not grow with traffic.
 */

import { getLogger } from "@logtape/logtape";
import { type Clock, pause, within } from "../clock.ts";
import { idAt, readIdTime } from "../events/id.ts";
import { listBuffered } from "./buffered_events.ts";
import { mergeNewest } from "./event_list.ts";
import { TooManyTailsError } from "./port.ts";
import { type EventQuery, type EventStores, listStored } from "./recent_events.ts";
import type { EventFilter, ListedEvent, TailInput, TailUpdate } from "./schema/events.ts";

/** Options of `createTail`. */
export interface TailOptions extends EventStores {
  readonly clock: Clock;
}

/** Follows the events that match a filter; see `createTail`. */
export type FollowTail = (
  input: TailInput,
  signal: AbortSignal,
) => AsyncGenerator<[id: string, update: TailUpdate]>;

/** Live tails of one process: each costs a connection, and with a filter of its own two reads a second. */
export const MAX_TAILS = 20;

const INTERVAL_MS = 500;
/** How long to wait for Postgres before showing the buffer alone. */
const TIMEOUT_MS = 1_000;
/** Clocks of other processes may lag, and events may wait for their commit. */
const LOOK_BACK_MS = 3_000;
/** How far back every look reaches, so that viewers who saw different events last can share it. */
const SHARED_LOOK_BACK_MS = 4 * LOOK_BACK_MS;
/** Maximum number of events in an update: more could not be read. */
const MAX_UPDATE_EVENTS = 100;

const logger = getLogger(["sluice", "admin"]);

/**
 * Creates the function that yields the events after `lastEventId`, or from now on, until `signal` aborts.
 * After a resumed connection some events may be repeated, but none is missing. It throws
 * `TooManyTailsError` beyond `MAX_TAILS`.
 */
export function createTail(options: TailOptions): FollowTail {
  const { clock } = options;
  const look = createSharedLook(options);
  let tails = 0;

  return async function* followTail({ lastEventId, ...filter }, signal) {
    if (tails >= MAX_TAILS) throw new TooManyTailsError(MAX_TAILS);
    tails += 1;
    try {
      const shown = new Set<string>();
      let newest = lastEventId?.toLowerCase() ?? idAt(clock.now());
      while (!signal.aborted) {
        const startedAt = clock.now();
        const after = idAt(readIdTime(newest) - LOOK_BACK_MS);
        for (const id of shown) if (id < after) shown.delete(id);
        const { events, isComplete } = await look(filter, after);
        const fresh = events.filter(({ eventId }) => eventId > after && !shown.has(eventId));
        const [first] = fresh;
        // Without events, too, so that looks do not reach further and further back.
        const until = isComplete ? idAt(startedAt - LOOK_BACK_MS) : newest;
        for (const id of [first?.eventId ?? newest, until]) if (id > newest) newest = id;
        if (first !== undefined) {
          for (const { eventId } of fresh) shown.add(eventId);
          yield [newest, { events: fresh, more: fresh.length === MAX_UPDATE_EVENTS }];
        }
        await pause(clock, INTERVAL_MS, signal);
      }
    } finally {
      tails -= 1;
    }
  };
}

/** The newest events that match a filter, in the buffer and in Postgres. */
interface Look {
  readonly events: readonly ListedEvent[];
  /** Whether both were read. */
  readonly isComplete: boolean;
}

/** Creates a function that looks for events, or returns what another viewer has just found. Never throws. */
function createSharedLook({ kv, database, clock }: TailOptions) {
  const looks = new Map<string, { after: string; startedAt: number; look: Promise<Look> }>();
  const queries = new Map<string, Promise<ListedEvent[] | null>>();

  function queryStored(key: string, query: EventQuery): Promise<ListedEvent[] | null> {
    // One query at a time, so that they do not pile up while Postgres hangs.
    const running = queries.get(key);
    if (running !== undefined) return running;
    const started = listStored(database, query).catch(() => null)
      .finally(() => queries.delete(key));
    queries.set(key, started);
    return started;
  }

  async function read(key: string, query: EventQuery): Promise<Look> {
    // Buffer before Postgres: an event that is flushed in between is found as a row.
    const buffered = await listBuffered(kv, query).catch((error) => {
      logger.warn("The live tail cannot read the buffer: {error}", { error });
      return null;
    });
    const stored = await within(clock, TIMEOUT_MS, queryStored(key, query));
    return {
      events: mergeNewest(query.limit, stored ?? [], buffered ?? []),
      isComplete: buffered !== null && stored !== null,
    };
  }

  return function look(filter: EventFilter, after: string): Promise<Look> {
    const key = JSON.stringify([filter.type, filter.sessionId, filter.userId]);
    const now = clock.monotonic();
    for (const [other, { startedAt }] of looks) {
      if (now - startedAt >= INTERVAL_MS) looks.delete(other);
    }
    const last = looks.get(key);
    if (last !== undefined && last.after <= after) return last.look;
    const earliest = idAt(clock.now() - SHARED_LOOK_BACK_MS);
    const from = after < earliest ? after : earliest;
    const started = read(key, { filter, after: from, limit: MAX_UPDATE_EVENTS });
    looks.set(key, { after: from, startedAt: now, look: started });
    return started;
  };
}
