/**
 * Visits: a session's events, split where the visitor was idle. A run of events that are at most 30
 * minutes apart is one visit if it is shorter than 24 hours, otherwise one visit for each day (UTC).
 *
 * Visits therefore depend on the events alone and not on the order in which they arrive, and a new event
 * can be added without reading the others: the visits nearby are enough, with the events around midnight
 * of each. A limit of 24 hours after the first event would need all events, since an earlier first event
 * moves every later split.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** After a longer gap, the next event starts a new visit. */
export const MAX_IDLE_MS = 30 * MINUTE_MS;

/** Every visit is shorter than this. */
export const MAX_VISIT_MS = DAY_MS;

/** One visit; times in epoch milliseconds. */
export interface Visit {
  readonly startedAt: number;
  readonly lastSeenAt: number;
  readonly events: number;
  /** The possible split; `null` if the visit begins and ends on one day. */
  readonly midnight: Midnight | null;
}

/** The events of a visit around midnight (UTC). */
export interface Midnight {
  readonly lastBefore: number;
  readonly firstAfter: number;
  /** The number of events before midnight. */
  readonly eventsBefore: number;
}

/** The changes that new events cause. */
export interface VisitChanges {
  /** Visits that no longer begin when they did, because they are part of others now. */
  readonly gone: readonly Visit[];
  /** New and changed visits, by time. */
  readonly written: readonly Visit[];
}

/** An event can only change visits that begin within this time before or after it, in milliseconds. */
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
 * @param known at least those visits of the session that begin within `REACH` of the events
 * @param times the times of the events, in epoch milliseconds
 */
export function addToVisits(known: readonly Visit[], times: readonly number[]): VisitChanges {
  const [visit = null] = known;
  const single = known.length > 1 ? null : toSingleVisit(visit, times);
  if (single !== null) {
    return { gone: visit?.startedAt === single.startedAt ? [] : known, written: [single] };
  }
  const parts = [
    ...known.flatMap(partsOf),
    ...times.map((time) => partOf(time, time, 1, null)),
  ];
  const gone: Visit[] = [];
  const written: Visit[] = [];
  for (const run of toRuns(mergeParts(parts))) {
    // Only the visits nearby are known, so other runs may be incomplete.
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

/** Splits a session into visits, by the times of its events in epoch milliseconds. */
export function splitIntoVisits(times: readonly number[]): readonly Visit[] {
  return addToVisits([], times).written;
}

/**
 * The one visit that a visit and new events make, `null` if they may make several or cross midnight. Most
 * do, and this is a tenth of the work of finding all visits.
 */
function toSingleVisit(visit: Visit | null, times: readonly number[]): Visit | null {
  const first = times.reduce((a, b) => Math.min(a, b), Infinity);
  const last = times.reduce((a, b) => Math.max(a, b), -Infinity);
  if (last - first > MAX_IDLE_MS) return null;
  const isApart = visit !== null &&
    (visit.midnight !== null || first - visit.lastSeenAt > MAX_IDLE_MS ||
      visit.startedAt - last > MAX_IDLE_MS);
  if (isApart) return null;
  const single = {
    startedAt: Math.min(visit?.startedAt ?? first, first),
    lastSeenAt: Math.max(visit?.lastSeenAt ?? last, last),
    events: (visit?.events ?? 0) + times.length,
    midnight: null,
  };
  return dayOf(single.startedAt) === dayOf(single.lastSeenAt) ? single : null;
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
