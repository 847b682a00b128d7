/**
 * Visits: a session's events, split where the visitor was idle. The events of a run, at most 30 minutes
 * apart, are one visit if they take less than 24 hours, and else one visit for each day (UTC).
 *
 * So the visits are a function of the events alone, whatever the order in which they arrive, and a new
 * event changes them without a look at the others: it needs the visits nearby, and where each of them
 * crosses midnight. A limit of 24 hours counted from the first event would need the events, as one that
 * comes before all others moves each later split.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** After a longer gap, the next event starts a new visit. */
export const MAX_IDLE_MS = 30 * MINUTE_MS;

/** No visit takes this long. */
export const MAX_VISIT_MS = DAY_MS;

/** One visit; times in epoch milliseconds. */
export interface Visit {
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly events: number;
  /** Where it may have to be split; `null` if it begins and ends on one day. */
  readonly midnight: Midnight | null;
}

/** The events of a visit around midnight (UTC). */
export interface Midnight {
  readonly lastBefore: number;
  readonly firstAfter: number;
  /** The number of events before midnight. */
  readonly eventsBefore: number;
}

/** What new events change. */
export interface VisitChanges {
  /** Visits that are part of others now, by their former beginning. */
  readonly gone: readonly Visit[];
  /** New and changed visits, by time. */
  readonly written: readonly Visit[];
}

/** How far before an event the visits begin that it can change, and how far after it. */
export const REACH: { readonly before: number; readonly after: number } = {
  before: 2 * MAX_VISIT_MS + 2 * MAX_IDLE_MS,
  after: MAX_VISIT_MS + MAX_IDLE_MS,
};

/** Events of one day, at most 30 minutes apart. */
interface Part {
  readonly from: number;
  to: number;
  events: number;
  isNew: boolean;
  /** The known visits it comes from. */
  readonly visits: Visit[];
}

/**
 * Adds events to a session.
 *
 * @param known the session's visits that begin within `REACH` of the events, at least
 * @param times of the events, in epoch milliseconds
 */
export function addToVisits(known: readonly Visit[], times: readonly number[]): VisitChanges {
  const parts = [
    ...known.flatMap(partsOf),
    ...times.map((time) => partOf(time, time, 1, null)),
  ];
  const gone: Visit[] = [];
  const written: Visit[] = [];
  for (const run of toRuns(mergeParts(parts))) {
    // Only the visits nearby are known, so that other runs may be known in part.
    if (!run.some(({ isNew }) => isNew)) continue;
    const before = new Map(run.flatMap(({ visits }) => visits.map((v) => [v.startedAt, v])));
    const after = toVisits(run);
    for (const visit of after) {
      if (!isSame(before.get(visit.startedAt), visit)) written.push(visit);
      before.delete(visit.startedAt);
    }
    gone.push(...before.values());
  }
  return { gone, written };
}

/** Splits the events of a session, given by their times in epoch milliseconds, into visits. */
export function splitIntoVisits(times: readonly number[]): readonly Visit[] {
  return addToVisits([], times).written;
}

function partsOf(visit: Visit): Part[] {
  const { startedAt, lastSeenAt, events, midnight } = visit;
  if (midnight === null) return [partOf(startedAt, lastSeenAt, events, visit)];
  const { lastBefore, firstAfter, eventsBefore } = midnight;
  return [
    partOf(startedAt, lastBefore, eventsBefore, visit),
    partOf(firstAfter, lastSeenAt, events - eventsBefore, visit),
  ];
}

function partOf(from: number, to: number, events: number, visit: Visit | null): Part {
  return { from, to, events, isNew: visit === null, visits: visit === null ? [] : [visit] };
}

/** Merges parts of one day that are close together; sorted by time. */
function mergeParts(parts: Part[]): Part[] {
  const merged: Part[] = [];
  for (const part of parts.sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last === undefined || !follows(last, part) || dayOf(last.from) !== dayOf(part.from)) {
      merged.push(part);
      continue;
    }
    last.to = Math.max(last.to, part.to);
    last.events += part.events;
    last.isNew ||= part.isNew;
    last.visits.push(...part.visits);
  }
  return merged;
}

function toRuns(parts: readonly Part[]): Part[][] {
  const runs: Part[][] = [];
  for (const part of parts) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (last !== undefined && follows(last, part)) run?.push(part);
    else runs.push([part]);
  }
  return runs;
}

function toVisits(run: readonly Part[]): Visit[] {
  const [first, second] = run;
  const last = run.at(-1);
  if (first === undefined || last === undefined) return [];
  if (last.to - first.from >= MAX_VISIT_MS || second === undefined) {
    return run.map(({ from, to, events }) => ({
      startedAt: from,
      lastSeenAt: to,
      events,
      midnight: null,
    }));
  }
  return [{
    startedAt: first.from,
    lastSeenAt: last.to,
    events: first.events + second.events,
    midnight: { lastBefore: first.to, firstAfter: second.from, eventsBefore: first.events },
  }];
}

function follows(former: Part, part: Part): boolean {
  return part.from - former.to <= MAX_IDLE_MS;
}

function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}

function isSame(a: Visit | undefined, b: Visit): boolean {
  return a !== undefined && a.lastSeenAt === b.lastSeenAt && a.events === b.events &&
    a.midnight?.lastBefore === b.midnight?.lastBefore &&
    a.midnight?.firstAfter === b.midnight?.firstAfter &&
    a.midnight?.eventsBefore === b.midnight?.eventsBefore;
}
