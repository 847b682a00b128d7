/**
 * The live tail: looks twice a second for events that came since, in the buffer and in Postgres, and
 * so shows what every process accepts. It costs nothing while nobody watches, and the same however
 * much comes in.
 */

import { getLogger } from "@logtape/logtape";
import { type Clock, pause, within } from "../clock.ts";
import { idAt, readIdTime } from "../events/id.ts";
import { listBuffered } from "./buffered.ts";
import { newestOf } from "./listed.ts";
import { type EventPlaces, listStored, type Wanted } from "./recent_events.ts";
import type { ListedEvent, TailInput, TailUpdate } from "./schema.ts";

/** What a tail is made of. */
export interface TailOptions extends EventPlaces {
  readonly clock: Clock;
}

const PAUSE_MS = 500;
/** How long Postgres may take for a look, before the buffer is shown without it. */
const TIMEOUT_MS = 1_000;
/** Other processes' clocks may be behind, and events may wait for their commit. */
const LOOK_BACK_MS = 3_000;
/** Events of one look: more cannot be read as they pass. */
const MAX_UPDATE_EVENTS = 100;

const logger = getLogger(["sluice", "admin"]);

/**
 * Yields what came since `lastEventId`, or from now on, until `signal` says so. After a broken
 * connection some come again, rather than one not at all.
 */
export async function* followTail(
  options: TailOptions,
  { lastEventId, ...filter }: TailInput,
  signal: AbortSignal,
): AsyncGenerator<[id: string, update: TailUpdate]> {
  const { clock } = options;
  const look = createLook(options);
  const shown = new Set<string>();
  let newest = lastEventId ?? idAt(clock.now());
  while (!signal.aborted) {
    const after = idAt(readIdTime(newest) - LOOK_BACK_MS);
    for (const id of shown) if (id < after) shown.delete(id);
    const events = await look({ filter, after, limit: MAX_UPDATE_EVENTS });
    const fresh = events.filter(({ eventId }) => !shown.has(eventId));
    const [first] = fresh;
    if (first !== undefined) {
      for (const { eventId } of fresh) shown.add(eventId);
      if (first.eventId > newest) newest = first.eventId;
      yield [newest, { events: fresh, more: fresh.length === MAX_UPDATE_EVENTS }];
    }
    await pause(clock, PAUSE_MS, signal);
  }
}

/** Looks in the buffer and, as far as Postgres answers in time, among the rows. Never throws. */
function createLook({ kv, database, clock }: TailOptions) {
  let asking: Promise<ListedEvent[]> | null = null;

  function ask(wanted: Wanted): Promise<ListedEvent[]> {
    // One question at a time, so that they do not pile up before a server that hangs.
    return asking ??= listStored(database, wanted).catch(() => []).finally(() => asking = null);
  }

  return async function look(wanted: Wanted): Promise<ListedEvent[]> {
    // The buffer first: what leaves it meanwhile is a row by the time Postgres is asked.
    const buffered = await listBuffered(kv, wanted).catch((error) => {
      logger.warn("The tail cannot see the buffer: {error}", { error });
      return [];
    });
    const stored = await within(clock, TIMEOUT_MS, ask(wanted)) ?? [];
    return newestOf(wanted.limit, stored, buffered);
  };
}
