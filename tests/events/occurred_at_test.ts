import {
  assertEquals,
  assertLessOrEqual,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { MAX_AGE_MS, readOccurredAt } from "../../src/events/occurred_at.ts";

const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const TOLERANCE_MS = 5000;

function read(value: unknown, toleranceMs = TOLERANCE_MS) {
  return readOccurredAt(value, NOW, toleranceMs);
}

function reasonOf(value: unknown): string {
  const result = read(value);
  return "reason" in result ? result.reason : `read as ${new Date(result.ms).toISOString()}`;
}

const moments: readonly (readonly [given: unknown, iso: string])[] = [
  ["2026-02-28T10:20:30.456Z", "2026-02-28T10:20:30.456Z"],
  ["2026-02-28T10:20:30Z", "2026-02-28T10:20:30.000Z"],
  ["2026-02-28T10:20Z", "2026-02-28T10:20:00.000Z"],
  ["2026-02-28", "2026-02-28T00:00:00.000Z"],
  ["2026-02-28T10:20:30.456", "2026-02-28T10:20:30.456Z"],
  ["2026-02-28 10:20:30", "2026-02-28T10:20:30.000Z"],
  ["2026-02-28t10:20:30z", "2026-02-28T10:20:30.000Z"],
  ["2026-02-28T10:20:30,5Z", "2026-02-28T10:20:30.500Z"],
  ["2026-02-28T10:20:30.123456789Z", "2026-02-28T10:20:30.123Z"],
  ["2026-02-28T10:20:30+02:00", "2026-02-28T08:20:30.000Z"],
  ["2026-02-28T10:20:30-0530", "2026-02-28T15:50:30.000Z"],
  ["2026-02-28T10:20:30+09", "2026-02-28T01:20:30.000Z"],
  ["  2026-02-28T10:20:30Z\n", "2026-02-28T10:20:30.000Z"],
  [Date.parse("2026-02-28T10:20:30.456Z"), "2026-02-28T10:20:30.456Z"],
  [Date.parse("2026-02-28T10:20:30.456Z") + 0.75, "2026-02-28T10:20:30.456Z"],
];

for (const [given, iso] of moments) {
  Deno.test(`4.3 ${JSON.stringify(given)} is read as ${iso}`, () => {
    assertEquals(read(given), { ms: Date.parse(iso) });
  });
}

const noDates: readonly unknown[] = [
  "",
  "yesterday",
  "2026-02-29",
  "2026-02-30T10:00:00Z",
  "2026-13-01",
  "2026-00-10",
  "2026-02-00",
  "2026-02-28T25:00:00Z",
  "2026-02-28T10:60:00Z",
  "2026-02-28T10:20:30+99:99",
  "2026-02-28T10:20:30Zulu",
  "28/02/2026",
  "Sat, 28 Feb 2026 10:20:30 GMT",
  String(NOW),
  NaN,
  Infinity,
  1e300,
  null,
  true,
  {},
  [NOW],
];

for (const value of noDates) {
  const shown = typeof value === "number" ? String(value) : JSON.stringify(value);
  Deno.test(`4.3 ${shown} is not a date`, () => {
    assertStringIncludes(reasonOf(value), "must be an ISO 8601 date or epoch milliseconds, got ");
  });
}

Deno.test("4.3 a time in the future is accepted within the tolerance, and refused beyond", () => {
  assertEquals(read(NOW), { ms: NOW });
  assertEquals(read(NOW + 1), { ms: NOW + 1 });
  assertEquals(read(NOW + TOLERANCE_MS), { ms: NOW + TOLERANCE_MS });
  assertEquals(read(new Date(NOW + TOLERANCE_MS).toISOString()), { ms: NOW + TOLERANCE_MS });
  assertEquals(
    reasonOf(NOW + TOLERANCE_MS + 1),
    "must not be in the future, got 2026-03-01T12:00:05.001Z",
  );
});

Deno.test("4.3 the tolerance is a parameter, and may be 0", () => {
  assertEquals(read(NOW, 0), { ms: NOW });
  assertEquals("reason" in read(NOW + 1, 0), true);
  assertEquals(read(NOW + 60_000, 60_000), { ms: NOW + 60_000 });
});

Deno.test("4.3 thirty days ago is accepted, a millisecond more is refused", () => {
  assertEquals(MAX_AGE_MS, 2_592_000_000);
  assertEquals(read(NOW - MAX_AGE_MS), { ms: NOW - MAX_AGE_MS });
  assertEquals(
    reasonOf(NOW - MAX_AGE_MS - 1),
    "must not be older than 30 days, got 2026-01-30T11:59:59.999Z",
  );
});

Deno.test("4.3 epoch seconds are too old, and the reason shows the date that they were read as", () => {
  assertMatch(reasonOf(Math.floor(NOW / 1000)), /^must not be older than 30 days/);
  assertStringIncludes(reasonOf(Math.floor(NOW / 1000)), "1970-01-21");
});

Deno.test("a reason never repeats a long value", () => {
  assertLessOrEqual(reasonOf("x".repeat(10_000)).length, 160);
});
