import { createIdGenerator, idAt, readIdTime } from "../../src/events/id.ts";
import {
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertMatch,
} from "../support/assert.ts";

const NOON = Date.parse("2026-03-01T12:00:00.000Z");

Deno.test("an id contains the time of its creation", () => {
  const before = Date.now();
  const id = createIdGenerator({ now: Date.now })();
  assertGreaterOrEqual(readIdTime(id), before);
  assertLessOrEqual(readIdTime(id), Date.now());
  assertEquals(readIdTime(idAt(NOON)), NOON);
});

Deno.test("the smallest id of a time is greater than all earlier ids, and no greater than its own", () => {
  const prefix = (ms: number) => idAt(ms).slice(0, 13);
  assertGreater(idAt(NOON), `${prefix(NOON - 1)}-7fff-bfff-ffffffffffff`);
  assertLessOrEqual(idAt(NOON), `${prefix(NOON)}-7000-8000-000000000000`);
});

const UUID_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Creates ids with a given clock and, if given, random words. */
function makeIds(word: number | null = null) {
  const clock = { now: NOON };
  const newId = createIdGenerator({
    now: () => clock.now,
    ...(word === null ? {} : { fill: (words: Uint32Array<ArrayBuffer>) => void words.fill(word) }),
  });
  return { clock, newId };
}

Deno.test("ids are UUIDs of version 7, whatever the random bits", () => {
  for (const word of [0, 0xffff_ffff, 0x1234_5678]) assertMatch(makeIds(word).newId(), UUID_7);
  for (let i = 0; i < 1000; i++) assertMatch(makeIds().newId(), UUID_7);
});

Deno.test("each id is greater than the last, within a millisecond and across", () => {
  const { clock, newId } = makeIds();
  const ids = Array.from({ length: 20_000 }, (_, i) => {
    if (i % 7_000 === 0) clock.now += 1;
    return newId();
  });
  assertEquals(ids, ids.toSorted());
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("two generators create different ids in one millisecond", () => {
  const [one, other] = [makeIds(), makeIds()];
  const ids = Array.from({ length: 5_000 }, () => [one.newId(), other.newId()]).flat();
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("ids stay in order if the clock is set back a little, and follow it if far", () => {
  const { clock, newId } = makeIds();
  const before = newId();
  clock.now = NOON - 9_000;
  const meanwhile = newId();
  assertGreater(meanwhile, before);
  assertEquals(readIdTime(meanwhile), NOON);
  clock.now = NOON - 3_600_000;
  assertEquals(readIdTime(newId()), clock.now);
});

Deno.test("a millisecond without ids left borrows from the next", () => {
  const { newId } = makeIds(0xffff_ffff); // the counter begins at its end
  const first = newId();
  const borrowed = newId();
  assertGreater(borrowed, first);
  assertEquals(readIdTime(borrowed), NOON + 1);
});
