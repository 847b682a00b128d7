/**
 * The live tail: looks twice a second for events that came since, in the buffer and in Postgres, and
 * so shows what every process accepts. It costs nothing while nobody watches, and the same however
 * much comes in.
 */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { idAt, timeOf } from "../events/id.ts";
import { type EventPlaces, listNewest } from "./recent_events.ts";
import type { TailInput, TailNews } from "./schema.ts";

/** What a tail is made of. */
export interface TailOptions extends EventPlaces {
  readonly clock: Clock;
}

const PAUSE_MS = 500;
/** Other processes' clocks may be behind, and events may wait for their commit. */
const LOOK_BACK_MS = 3_000;
/** Events of one look: more cannot be read as they pass. */
const MAX_NEWS = 100;

const logger = getLogger(["sluice", "admin"]);

/**
 * Yields what came since `lastEventId`, or from now on, until `signal` says so. After a broken
 * connection some come again, rather than one not at all.
 */
export async function* followTail(
  options: TailOptions,
  { lastEventId, ...filter }: TailInput,
  signal: AbortSignal,
): AsyncGenerator<[id: string, news: TailNews]> {
  const { clock } = options;
  const shown = new Set<string>();
  let newest = lastEventId ?? idAt(clock.now());
  while (!signal.aborted) {
    const after = idAt(timeOf(newest) - LOOK_BACK_MS);
    for (const id of shown) if (id < after) shown.delete(id);
    const events = await listNewest(options, { filter, after, limit: MAX_NEWS }).catch((error) => {
      logger.debug("The tail waits: {error}", { error });
      return [];
    });
    const fresh = events.filter(({ eventId }) => !shown.has(eventId));
    const [first] = fresh;
    if (first !== undefined) {
      for (const { eventId } of fresh) shown.add(eventId);
      if (first.eventId > newest) newest = first.eventId;
      yield [newest, { events: fresh, more: fresh.length === MAX_NEWS }];
    }
    await pause(clock, PAUSE_MS, signal);
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  function end(): void {
    cancel();
    signal.removeEventListener("abort", end);
    resolve();
  }
  const cancel = clock.after(ms, end);
  signal.addEventListener("abort", end);
  return promise;
}
