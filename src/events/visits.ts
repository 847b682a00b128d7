/** Visits: a session's events, cut where the visitor was away. */

const MINUTE_MS = 60_000;

/** Without an event for longer, the next one starts a new visit. */
export const MAX_IDLE_MS = 30 * MINUTE_MS;

/** An event this long after a visit's start is the first of another. */
export const MAX_VISIT_MS = 24 * 60 * MINUTE_MS;

/** One visit; times in epoch milliseconds. */
export interface Visit {
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly events: number;
}

/**
 * Cuts events into visits.
 *
 * @param times of the events, in order
 * @param open the visit that the events may go on with; it comes first in the answer
 */
export function splitIntoVisits(times: readonly number[], open: Visit | null): Visit[] {
  const visits: Visit[] = open === null ? [] : [open];
  for (const time of times) {
    const last = visits.at(-1);
    const goesOn = last !== undefined && time - last.lastSeenAt <= MAX_IDLE_MS &&
      time - last.startedAt < MAX_VISIT_MS;
    if (goesOn) visits[visits.length - 1] = { ...last, lastSeenAt: time, events: last.events + 1 };
    else visits.push({ startedAt: time, lastSeenAt: time, events: 1 });
  }
  return visits;
}
