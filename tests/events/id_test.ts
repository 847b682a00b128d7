import { uuidv7 } from "uuidv7";
import { idAt, timeOf } from "../../src/events/id.ts";
import { assert, assertEquals } from "../support/assert.ts";

const NOON = Date.parse("2026-03-01T12:00:00.000Z");

Deno.test("an id tells the moment it was made at", () => {
  const before = Date.now();
  const id = uuidv7();
  assert(timeOf(id) >= before && timeOf(id) <= Date.now());
  assertEquals(timeOf(idAt(NOON)), NOON);
});

Deno.test("the least id of a moment is above all earlier ones, and not above its own", () => {
  const prefix = (ms: number) => idAt(ms).slice(0, 13);
  assert(idAt(NOON) > `${prefix(NOON - 1)}-7fff-bfff-ffffffffffff`);
  assert(idAt(NOON) <= `${prefix(NOON)}-7000-8000-000000000000`);
});
