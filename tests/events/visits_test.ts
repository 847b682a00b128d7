import * as fc from "fast-check";
import {
  addToVisits,
  MAX_IDLE_MS,
  MAX_VISIT_MS,
  REACH,
  splitIntoVisits,
  type Visit,
} from "../../src/events/visits.ts";
import { assertEquals, assertLess, assertLessOrEqual } from "../support/assert.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A midnight in UTC. */
const MIDNIGHT = Date.UTC(2026, 2, 2);

type Counted = readonly [startedAt: number, lastSeenAt: number, events: number];

function counted(visits: Iterable<Visit>): Counted[] {
  return [...visits].map(({ startedAt, lastSeenAt, events }) => [startedAt, lastSeenAt, events]);
}

function counts(times: readonly number[]): number[] {
  return splitIntoVisits(times).map(({ events }) => events);
}

/** Contract 7.10, from all events of a session. */
function model(times: readonly number[]): Counted[] {
  const runs: number[][] = [];
  for (const time of times.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && time - (run.at(-1) ?? 0) <= 30 * MINUTE) run.push(time);
    else runs.push([time]);
  }
  return runs.flatMap((run) => {
    const isShort = (run.at(-1) ?? 0) - (run[0] ?? 0) < DAY;
    const visits = isShort ? [run] : Map.groupBy(run, (time) => Math.floor(time / DAY)).values();
    return [...visits].map((visit): Counted => [visit[0] ?? 0, visit.at(-1) ?? 0, visit.length]);
  });
}

/** A session in a store: a batch sees only the visits that begin near its events. */
class Session {
  readonly #visits = new Map<number, Visit>();
  /** The most visits that a batch has read. */
  read = 0;

  add(times: readonly number[]): void {
    const since = Math.min(...times) - REACH.before;
    const until = Math.max(...times) + REACH.after;
    const known = [...this.#visits.values()]
      .filter(({ startedAt }) => startedAt >= since && startedAt <= until);
    this.read = Math.max(this.read, known.length);
    const { gone, written } = addToVisits(known, times);
    for (const { startedAt } of gone) this.#visits.delete(startedAt);
    for (const visit of written) this.#visits.set(visit.startedAt, visit);
  }

  get visits(): Counted[] {
    return counted(this.#visits.values()).sort(([a], [b]) => a - b);
  }
}

Deno.test("7.10 events at most 30 minutes apart are one visit", () => {
  assertEquals(splitIntoVisits([0, 10 * MINUTE, 40 * MINUTE]), [
    { startedAt: 0, lastSeenAt: 40 * MINUTE, events: 3, midnight: null },
  ]);
});

Deno.test("7.10 more than 30 minutes without an event end a visit", () => {
  assertEquals(counts([0, MAX_IDLE_MS, 2 * MAX_IDLE_MS + 1]), [2, 1]);
});

Deno.test("7.10 a visit takes less than 24 hours: a longer one is split at each midnight", () => {
  const times = Array.from({ length: 150 }, (_, i) => i * 10 * MINUTE);
  assertEquals(counts(times), [144, 6]);
  const from = MIDNIGHT - 12 * HOUR;
  const every = (ms: number, count: number) =>
    Array.from({ length: count }, (_, i) => from + i * ms);
  assertEquals(counts(every(10 * MINUTE, 144)), [144], "23 hours and 50 minutes, across midnight");
  assertEquals(counts(every(10 * MINUTE, 145)), [72, 73]);
  assertEquals(counts(every(10 * MINUTE, 400)), [72, 144, 144, 40]);
});

Deno.test("7.10 a visit that crosses midnight knows where", () => {
  const times = [-20, -1, 0, 15].map((minutes) => MIDNIGHT + minutes * MINUTE);
  assertEquals(splitIntoVisits(times), [{
    startedAt: MIDNIGHT - 20 * MINUTE,
    lastSeenAt: MIDNIGHT + 15 * MINUTE,
    events: 4,
    midnight: { lastBefore: MIDNIGHT - MINUTE, firstAfter: MIDNIGHT, eventsBefore: 2 },
  }]);
});

Deno.test("a late event within a visit changes its count, and one between two joins them", () => {
  const known = splitIntoVisits([0, 20 * MINUTE, 60 * MINUTE]);
  assertEquals(addToVisits(known, [10 * MINUTE]), {
    gone: [],
    written: [{ startedAt: 0, lastSeenAt: 20 * MINUTE, events: 3, midnight: null }],
  });
  assertEquals(addToVisits(known, [40 * MINUTE]), {
    gone: known.slice(1),
    written: [{ startedAt: 0, lastSeenAt: 60 * MINUTE, events: 4, midnight: null }],
  });
});

/** Sessions of days, many of them without a pause, some from or to just around midnight. */
const gap = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 30 * MINUTE }) },
  { weight: 20, arbitrary: fc.constantFrom(30 * MINUTE, 30 * MINUTE - 1, 29 * MINUTE) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(30 * MINUTE + 1, 45 * MINUTE, 10 * HOUR, 23 * HOUR, DAY),
  },
);
const sessions = fc.record({
  start: fc.oneof(
    fc.integer({ min: 0, max: DAY }),
    fc.integer({ min: -40 * MINUTE, max: 40 * MINUTE }),
  ),
  gaps: fc.array(gap, { minLength: 1, maxLength: 400, size: "max" }),
  seed: fc.integer(),
  batch: fc.integer({ min: 1, max: 50 }),
});

Deno.test("7.11 the visits are those of all events together, in whatever order and batches they arrive", () => {
  let split = 0;
  fc.assert(
    fc.property(sessions, ({ start, gaps, seed, batch }) => {
      let at = MIDNIGHT + start;
      const times = [at, ...gaps.map((gap) => at += gap)];
      const expected = model(times);
      if (expected.some(([from], i) => from - (expected[i - 1]?.[1] ?? 0) <= MAX_IDLE_MS)) {
        split += 1;
      }
      for (const order of [times, times.toReversed(), shuffled(times, seed)]) {
        const session = new Session();
        for (let i = 0; i < order.length; i += batch) session.add(order.slice(i, i + batch));
        assertEquals(session.visits, expected);
      }
      for (const [from, to] of expected) assertLess(to - from, MAX_VISIT_MS);
    }),
    { numRuns: 300 },
  );
  assertLess(100, split, "sessions with visits that were split at midnight");
});

Deno.test("a late event reads no more than the visits of the days around it", () => {
  const session = new Session();
  const times = Array.from({ length: 5_000 }, (_, i) => MIDNIGHT + i * 31 * MINUTE);
  for (const time of times) session.add([time]);
  assertEquals(session.visits.length, 5_000);
  for (const time of shuffled(times, 7).slice(0, 100)) session.add([time + MINUTE]);
  assertLessOrEqual(session.read, 150);
});

/** In an order that a seed decides. */
function shuffled(times: readonly number[], seed: number): number[] {
  let state = seed >>> 0;
  const random = () => (state = (state * 1_664_525 + 1_013_904_223) >>> 0) / 2 ** 32;
  return times.map((time) => ({ time, at: random() })).sort((a, b) => a.at - b.at)
    .map(({ time }) => time);
}
