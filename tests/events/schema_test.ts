import { z } from "zod";
import { assert, assertEquals, assertLess, assertStringIncludes } from "../support/assert.ts";
import { describeZodError, flattenZodError, trackEventSchema } from "../../src/events/schema.ts";
import { ENTITY_TYPES, EVENT_SOURCES } from "../../src/events/catalogue.ts";

const UUID = "7d5e2b1c-9a3f-4c6d-8e1b-2f4a6c8e0b1d";
const CUID = "cjld2cjxh0000qzrmn831i7rn";

function parse(fields: Record<string, unknown>) {
  return trackEventSchema.safeParse({ eventType: "page_viewed", ...fields });
}

function errorOf(raw: unknown) {
  const parsed = trackEventSchema.safeParse(raw);
  if (parsed.success) throw new Error(`Let through: ${JSON.stringify(raw)}`);
  return parsed.error;
}

const good: readonly (readonly [field: string, values: readonly unknown[]])[] = [
  ["eventType", ["a", "page_viewed", "made_up", "x".repeat(100), "ünïcode 😀"]],
  ["source", Object.values(EVENT_SOURCES)],
  ["entityType", Object.values(ENTITY_TYPES)],
  ["sessionId", [
    UUID,
    UUID.toUpperCase(),
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "019caa00-0000-7000-0000-000000000001",
  ]],
  ["idempotencyKey", [UUID, "11111111-1111-1111-1111-111111111111"]],
  ["props", [{}, { a: null, b: [1, { c: "" }] }]],
  ["attribution", [
    {},
    { utmSource: "", utmTerm: "x".repeat(255) },
    { referrer: "", landingPage: "" },
    { referrer: "https://example.com/a?b=c#d", landingPage: "http://localhost:3000" },
    { referrer: "android-app://com.example" },
  ]],
];

for (const [field, values] of good) {
  Deno.test(`4.1 a valid ${field} is passed on unchanged`, () => {
    for (const value of values) {
      const parsed = parse({ [field]: value });
      assert(parsed.success, `${JSON.stringify(value)}: ${parsed.error?.message}`);
      assertEquals((parsed.data as Record<string, unknown>)[field], value);
    }
  });
}

const bad: readonly (readonly [field: string, takes: string, values: readonly unknown[]])[] = [
  ["eventType", "a string of 1 to 100 characters", [undefined, null, "", "x".repeat(101), 7, {}]],
  ["source", "one of web, api, mobile, system, webhook", ["", "WEB", null, "toString", 1]],
  ["entityType", "one of project, asset, license", ["", "Asset", null, "constructor"]],
  ["entityId", "a CUID", ["", "42", UUID, "c!", `${CUID} `, null, 5, `c${"0".repeat(255)}`]],
  ["sessionId", "a UUID", ["", "x", UUID.slice(1), `${UUID}0`, UUID.replaceAll("-", ""), null]],
  ["idempotencyKey", "a UUID", ["", "order-42", `{${UUID}}`, null, 42]],
  ["props", "a JSON object", [null, [], "text", 1, true]],
  ["attribution", "an object", [null, [], "text"]],
];

for (const [field, takes, values] of bad) {
  Deno.test(`4.1 an invalid ${field} is one error, with what it must be and what it was`, () => {
    for (const value of values) {
      const raw = { eventType: "page_viewed", entityType: "asset", [field]: value };
      const { fieldErrors, formErrors } = flattenZodError(errorOf(raw));
      assertEquals(Object.keys(fieldErrors), [field], JSON.stringify(value));
      assertEquals(fieldErrors[field]?.length, 1, JSON.stringify(fieldErrors));
      assertEquals(formErrors, []);
      assertStringIncludes(fieldErrors[field]?.[0] ?? "", `must be ${takes}`);
      assertStringIncludes(fieldErrors[field]?.[0] ?? "", ", got ");
    }
  });
}

Deno.test("4.7 an invalid part of attribution is named by its path", () => {
  const cases = [
    ["utmSource", "x".repeat(256), "a string of at most 255 characters"],
    ["utmContent", 5, "a string of at most 255 characters"],
    ["referrer", "/relative", 'an absolute URL or ""'],
    ["landingPage", "not a url", 'an absolute URL or ""'],
  ] as const;
  for (const [part, value, takes] of cases) {
    const error = errorOf({ eventType: "page_viewed", attribution: { [part]: value } });
    assertStringIncludes(describeZodError(error), `attribution.${part} must be ${takes}, got `);
    assertEquals(Object.keys(flattenZodError(error).fieldErrors), ["attribution"]);
  }
});

Deno.test("4.8 source defaults to web", () => {
  assertEquals(parse({}).data?.source, "web");
  assertEquals(parse({ source: undefined }).data?.source, "web");
});

Deno.test("4.1 unknown keys at the top level are ignored", () => {
  assertEquals(parse({ userId: "mallory", id: 1, "": null }).data, {
    eventType: "page_viewed",
    source: "web",
  });
});

Deno.test("4.1 anything but an object is a form error", () => {
  for (const raw of [undefined, null, [], "page_viewed", 5, true]) {
    const { fieldErrors, formErrors } = flattenZodError(errorOf(raw));
    assertEquals(fieldErrors, {});
    assertEquals(formErrors.length, 1);
    assertStringIncludes(formErrors[0] ?? "", "must be an object, got ");
  }
});

Deno.test("4.2 an entityId without entityType is a form error", () => {
  const error = errorOf({ eventType: "page_viewed", entityId: CUID });
  assertEquals(describeZodError(error), "entityType is required when entityId is provided");
  assertEquals(flattenZodError(error), {
    fieldErrors: {},
    formErrors: ["entityType is required when entityId is provided"],
  });
});

Deno.test("4.2 an entityType without entityId, and both together, are valid", () => {
  assert(parse({ entityType: "asset" }).success);
  assert(parse({ entityType: "asset", entityId: CUID }).success);
});

Deno.test("4.6 props keep a key named __proto__", () => {
  const props = JSON.parse('{"__proto__":{"admin":true}}');
  assertEquals(JSON.stringify(parse({ props }).data?.props), '{"__proto__":{"admin":true}}');
});

Deno.test("describeZodError() names every invalid field in one line", () => {
  const message = describeZodError(errorOf({ eventType: "", source: "fax", sessionId: "1" }));
  for (const field of ["eventType", "source", "sessionId"]) assertStringIncludes(message, field);
  assertEquals(message.split("; ").length, 3);
});

Deno.test("2.5 a message never repeats a whole payload", () => {
  const long = "x".repeat(10_000);
  const raw = { eventType: long, source: long, props: long, attribution: { utmSource: long } };
  const message = describeZodError(errorOf(raw));
  assertLess(message.length, 600, message);
  assert(!message.includes("x".repeat(100)));
});

Deno.test("the whole schema can be compiled: zod would silently fall back to interpreting it", () => {
  z.compile(trackEventSchema, { strict: true });
});
