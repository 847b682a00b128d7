import { readTime } from "../../src/store/read_time.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("a time of Postgres is read in any year that a Date can hold, to the millisecond", () => {
  const times = {
    "2026-03-01 12:00:00+00": "2026-03-01T12:00:00.000Z",
    "2026-03-01 12:00:00.123456+00": "2026-03-01T12:00:00.123Z",
    "0001-01-01 00:00:00+00": "0001-01-01T00:00:00.000Z",
    "0044-03-15 00:00:00.5+00": "0044-03-15T00:00:00.500Z",
    "9999-12-31 23:59:59.999999+00": "9999-12-31T23:59:59.999Z",
    "10000-01-01 00:00:00+00": "+010000-01-01T00:00:00.000Z",
  };
  for (const [text, iso] of Object.entries(times)) assertEquals(readTime(text).toISOString(), iso);
  for (
    const text of ["infinity", "-infinity", "0044-03-15 00:00:00+00 BC", "280000-01-01 00:00:00+00"]
  ) {
    assertEquals([text, readTime(text).getTime()], [text, NaN]);
  }
});
