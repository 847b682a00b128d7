/** Visits: a session's events, split where the visitor was idle. */

const MINUTE_MS = 60_000;

/** After a longer gap, the next event starts a new visit. */
export const MAX_IDLE_MS = 30 * MINUTE_MS;

/** The longest visit: an event this long after its start begins another. */
export const MAX_VISIT_MS = 24 * 60 * MINUTE_MS;

/** One visit; times in epoch milliseconds. */
export interface Visit {
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly events: number;
}

/**
 * Splits events into visits.
 *
 * @param times the events' times in epoch milliseconds, ascending
 * @param open the visit that the events may continue; it is the first of the result
 */
export function splitIntoVisits(times: readonly number[], open: Visit | null): Visit[] {
  const visits: Visit[] = open === null ? [] : [open];
  for (const time of times) {
    const last = visits.at(-1);
    const continues = last !== undefined && time - last.lastSeenAt <= MAX_IDLE_MS &&
      time - last.startedAt < MAX_VISIT_MS;
    if (continues) {
      visits[visits.length - 1] = { ...last, lastSeenAt: time, events: last.events + 1 };
    } else visits.push({ startedAt: time, lastSeenAt: time, events: 1 });
  }
  return visits;
}
