import * as fc from "fast-check";
import { assertEquals, assertLessOrEqual, assertStringIncludes } from "../support/assert.ts";
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
  [String(Date.parse("2026-02-28T10:20:30.456Z")), "2026-02-28T10:20:30.456Z"],
  [1772274030, "2026-02-28T10:20:30.000Z"],
  ["1772274030", "2026-02-28T10:20:30.000Z"],
  [1772274030.123, "2026-02-28T10:20:30.123Z"],
  [1772274030.4567, "2026-02-28T10:20:30.456Z"],
  ["1772274030.456789", "2026-02-28T10:20:30.456Z"],
  ["1.772274030456e9", "2026-02-28T10:20:30.456Z"],
  [1772274030456789, "2026-02-28T10:20:30.456Z"],
  ["1772274030456789", "2026-02-28T10:20:30.456Z"],
  [1772274030456789000, "2026-02-28T10:20:30.456Z"],
  ["1772274030456789123", "2026-02-28T10:20:30.456Z"],
  ["/Date(1772274030456)/", "2026-02-28T10:20:30.456Z"],
  ["/Date(1772274030456+0100)/", "2026-02-28T10:20:30.456Z"],
  ["20260228T102030Z", "2026-02-28T10:20:30.000Z"],
  ["20260228T102030.456+0200", "2026-02-28T08:20:30.456Z"],
  ["20260228T102030", "2026-02-28T10:20:30.000Z"],
  ["20260228T1020Z", "2026-02-28T10:20:00.000Z"],
  ["20260228102030", "2026-02-28T10:20:30.000Z"],
  ["20260228", "2026-02-28T00:00:00.000Z"],
  ["2026-02-28T10Z", "2026-02-28T10:00:00.000Z"],
  ["2026-02-28T10:20,5Z", "2026-02-28T10:20:30.000Z"],
  ["2026-02-27T24:00:00Z", "2026-02-28T00:00:00.000Z"],
  ["2026-W09-6", "2026-02-28T00:00:00.000Z"],
  ["2026W096T102030Z", "2026-02-28T10:20:30.000Z"],
  ["2026-059", "2026-02-28T00:00:00.000Z"],
  ["2026-02-28Z", "2026-02-28T00:00:00.000Z"],
  ["2026-02-28+02:00", "2026-02-27T22:00:00.000Z"],
  ["2026-W09-6Z", "2026-02-28T00:00:00.000Z"],
  ["2026-02-28  10:20", "2026-02-28T10:20:00.000Z"],
  ["2026059T102030Z", "2026-02-28T10:20:30.000Z"],
  ["2026-02-28T10:20:30 02:00", "2026-02-28T08:20:30.000Z"], // a plus sign in a query
  ["2026-02-28T10:20:30\u221202:00", "2026-02-28T12:20:30.000Z"],
  ["2026-02-28T10:20:30+02:00[Europe/Berlin]", "2026-02-28T08:20:30.000Z"],
  ["2026-02-28 10:20:30 UTC", "2026-02-28T10:20:30.000Z"],
  ["2026-02-28 10:20:30 +0200", "2026-02-28T08:20:30.000Z"],
  ["2026-02-28 10:20:30.123456789 +0200 CEST m=+0.012", "2026-02-28T08:20:30.123Z"],
  ["Sat, 28 Feb 2026 10:20:30 GMT", "2026-02-28T10:20:30.000Z"],
  ["Sat, 28 Feb 2026 10:20:30 +0200", "2026-02-28T08:20:30.000Z"],
  ["28 Feb 2026 10:20 -0500", "2026-02-28T15:20:00.000Z"],
  ["28 Feb 26 10:20:30 EST", "2026-02-28T15:20:30.000Z"],
  ["Sat,  28 Feb 2026 10:20:30 +0200 (CEST)", "2026-02-28T08:20:30.000Z"],
  ["Saturday, 28-Feb-26 10:20:30 GMT", "2026-02-28T10:20:30.000Z"],
  ["Sat Feb 28 10:20:30 2026", "2026-02-28T10:20:30.000Z"],
  ["Sat Feb 28 10:20:30 UTC 2026", "2026-02-28T10:20:30.000Z"],
  [
    "Sat Feb 28 2026 10:20:30 GMT+0200 (Central European Summer Time)",
    "2026-02-28T08:20:30.000Z",
  ],
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
  "2026-02",
  "2026-W09",
  "2026-W54-1",
  "2026-W09-8",
  "2026-366",
  "2026-000",
  "2026-02-28T24:00:01Z",
  "2026-02-28T10:20:30[Europe/Berlin]",
  "Sat, 30 Feb 2026 10:20:30 GMT",
  "Sat, 28 Feb 2026 10:20:30 CET",
  "28 Feb 2026",
  "0x69a2c1ee",
  "1,772,274,030",
  "/Date(x)/",
  "9".repeat(40),
  NaN,
  Infinity,
  1e300,
  true,
  {},
  [NOW],
];

for (const value of noDates) {
  const shown = typeof value === "number" ? String(value) : JSON.stringify(value);
  Deno.test(`4.3 ${shown} is not a date`, () => {
    assertStringIncludes(reasonOf(value), "must be a time, as ISO 8601 ");
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

Deno.test("4.3 a reason shows how a time was read where another may have been meant", () => {
  const reasons: readonly (readonly [given: unknown, reason: string])[] = [
    [61, "must not be older than 30 days, got 1970-01-01T00:01:01.000Z (61 as epoch seconds)"],
    [
      "2026-03-02",
      "must not be in the future, got 2026-03-02T00:00:00.000Z (without a zone, so as UTC)",
    ],
    [
      "2 Mar 2026 10:00",
      "must not be in the future, got 2026-03-02T10:00:00.000Z (without a zone, so as UTC)",
    ],
    ["2026-03-02T10:00:00+01:00", "must not be in the future, got 2026-03-02T09:00:00.000Z"],
    [
      "02/28/2026 10:20",
      "must be a time, as ISO 8601 (2026-11-28T08:47:31Z), RFC 2822 or epoch milliseconds, " +
      'got "02/28/2026 10:20", in which day and month cannot be told apart',
    ],
  ];
  for (const [given, reason] of reasons) assertEquals(reasonOf(given), reason);
});

const pad = (n: number, length = 2) => String(n).padStart(length, "0");

function zoned(ms: number, offset: number): { local: Date; zone: string } {
  const minutes = Math.abs(offset);
  const zone = `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
  return { local: new Date(ms + offset * 60_000), zone };
}

function weekDate(date: Date): string {
  const day = (date.getUTCDay() + 6) % 7;
  const thursday = new Date(date.getTime() + (3 - day) * 86_400_000);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 / 7) + 1;
  return `${year}-W${pad(week)}-${day + 1}`;
}

function ordinalDate(date: Date): string {
  const year = date.getUTCFullYear();
  const midnight = Date.UTC(year, date.getUTCMonth(), date.getUTCDate());
  return `${year}-${pad((midnight - Date.UTC(year, 0, 1)) / 86_400_000 + 1, 3)}`;
}

/** Every form in which an instant can be printed, to the millisecond or to the second. */
const forms: Readonly<Record<string, (ms: number, offset: number) => unknown>> = {
  "epoch milliseconds": (ms) => ms,
  "digits": (ms) => String(ms),
  "epoch seconds": (ms) => ms / 1000,
  "seconds as text": (ms) => (ms / 1000).toFixed(6),
  "microseconds": (ms) => ms * 1000 + 999,
  "nanoseconds": (ms) => `${ms}999999`,
  "nanoseconds as a number": (ms) => ms * 1e6 + 500_000,
  "Date": (ms) => `/Date(${ms})/`,
  "ISO": (ms) => new Date(ms).toISOString(),
  "ISO with nine digits": (ms) => new Date(ms).toISOString().replace("Z", "999999Z"),
  "ISO with an offset": (ms, offset) => {
    const { local, zone } = zoned(ms, offset);
    return local.toISOString().replace("Z", zone);
  },
  "ISO without a zone": (ms) => new Date(ms).toISOString().replace("T", " ").replace("Z", ""),
  "ISO with a comma": (ms) => new Date(ms).toISOString().replace(".", ","),
  "basic ISO": (ms) => new Date(ms).toISOString().replace(/[-:]/g, ""),
  "basic ISO with an offset": (ms, offset) => {
    const { local, zone } = zoned(ms, offset);
    return local.toISOString().replace(/[-:]/g, "").replace("Z", zone.replace(":", ""));
  },
  "week date": (ms) => weekDate(new Date(ms)) + new Date(ms).toISOString().slice(10),
  "ordinal date": (ms) => ordinalDate(new Date(ms)) + new Date(ms).toISOString().slice(10),
};
const toTheSecond: typeof forms = {
  "RFC 2822": (ms) => new Date(ms).toUTCString(),
  "RFC 2822 with an offset": (ms, offset) => {
    const { local, zone } = zoned(ms, offset);
    return local.toUTCString().replace("GMT", zone.replace(":", ""));
  },
  "whole seconds": (ms) => ms / 1000,
  "whole seconds as digits": (ms) => String(ms / 1000),
  "digits only": (ms) => new Date(ms).toISOString().replace(/\D/g, "").slice(0, 14),
  "String(date)": (ms) => String(new Date(ms)),
};
const OFFSETS = { min: -12 * 60, max: 14 * 60 };

for (const [step, printed] of [[1, forms], [1000, toTheSecond]] as const) {
  for (const [name, print] of Object.entries(printed)) {
    Deno.test(`4.3 any time that is printed as ${name} is read as the same`, () => {
      const year2100 = Date.parse("2100-01-01T00:00:00Z");
      const instant = fc.integer({
        min: Date.parse("2010-01-01T00:00:00Z") / step,
        max: year2100 / step,
      });
      fc.assert(fc.property(instant, fc.integer(OFFSETS), (n, offset) => {
        const ms = n * step;
        const given = print(ms, offset);
        assertEquals(readOccurredAt(given, ms + 1, 0), { ms }, JSON.stringify(given));
      }));
    });
  }
}

Deno.test("a reason never repeats a long value", () => {
  assertLessOrEqual(reasonOf("x".repeat(10_000)).length, 160);
  assertLessOrEqual(reasonOf("9".repeat(10_000)).length, 160);
});
