import { assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { openTestApp } from "../../support/app.ts";
import { answerOf, openClosedDatabase, refusalOf } from "../../support/server.ts";

// Refused events never reach Postgres.
const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const accepted = { status: 200, body: { eventId: null, tracked: true } };
const DAY_MS = 24 * 60 * 60 * 1000;

const violations: readonly [what: string, event: unknown, fields: readonly string[]][] = [
  ["no eventType", {}, ["eventType"]],
  ["an empty eventType", { eventType: "" }, ["eventType"]],
  ["an eventType of 101 characters", { eventType: "x".repeat(101) }, ["eventType"]],
  ["an eventType that is a number", { eventType: 7 }, ["eventType"]],
  ["an unknown source", { eventType: "x", source: "fridge" }, ["source"]],
  ["an entityId that is no CUID", { eventType: "x", entityId: "1", entityType: "post" }, [
    "entityId",
  ]],
  ["an unknown entityType", { eventType: "x", entityType: "planet" }, ["entityType"]],
  ["a sessionId that is no UUID", { eventType: "x", sessionId: "1234" }, ["sessionId"]],
  ["props that are an array", { eventType: "x", props: [] }, ["props"]],
  ["a referrer that is no URL", { eventType: "x", attribution: { referrer: "home" } }, [
    "attribution",
  ]],
  ["a utmTerm of 256", { eventType: "x", attribution: { utmTerm: "x".repeat(256) } }, [
    "attribution",
  ]],
  ["an idempotencyKey that is no UUID", { eventType: "x", idempotencyKey: "once" }, [
    "idempotencyKey",
  ]],
  ["two fields at once", { eventType: "", source: "fridge" }, ["eventType", "source"]],
];

for (const [what, event, fields] of violations) {
  Deno.test(`2.5 ${what} is a bad request with zodError`, async () => {
    await using app = await openTestApp(database);
    const { status, code, message, zodError } = await refusalOf(app.post("/v1/events", event));
    assertEquals([status, code], [400, "BAD_REQUEST"]);
    assertEquals(Object.keys(zodError?.fieldErrors ?? {}).sort(), fields);
    assertEquals(zodError?.formErrors, []);
    for (const field of fields) assertStringIncludes(message, field);
  });
}

Deno.test("2.5 an event that is not an object is a bad request with a form error", async () => {
  await using app = await openTestApp(database);
  for (const event of [null, 7, "event", [], true]) {
    const { status, code, zodError } = await refusalOf(
      app.post("/v1/events", JSON.stringify(event)),
    );
    assertEquals([status, code], [400, "BAD_REQUEST"]);
    assertEquals(zodError?.fieldErrors, {});
    assertEquals(zodError?.formErrors.length, 1);
  }
});

Deno.test("4.2 an entityId without an entityType is a bad request with the guide's message", async () => {
  await using app = await openTestApp(database);
  const event = { eventType: "page_viewed", entityId: "cjld2cjxh0000qzrmn831i7rn" };
  const message = "entityType is required when entityId is provided";
  assertEquals(await answerOf(app.post("/v1/events", event)), {
    status: 400,
    body: {
      code: "BAD_REQUEST",
      message,
      data: { zodError: { fieldErrors: {}, formErrors: [message] } },
    },
  });
});

Deno.test("4.6 props nested deeper than 32 are a bad request, however deep", async () => {
  await using app = await openTestApp(database);
  const nested = (depth: number) =>
    `{"eventType":"x","props":{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}}`;
  assertEquals(await answerOf(app.post("/v1/events", nested(32))), accepted);
  for (const depth of [33, 16_000]) {
    const { status, zodError } = await refusalOf(app.post("/v1/events", nested(depth)));
    assertEquals([status, Object.keys(zodError?.fieldErrors ?? {})], [400, ["props"]]);
  }
  assertEquals((await refusalOf(app.post("/v1/events", nested(200_000)))).status, 413);
});

const requirements: readonly [eventType: string, required: readonly string[]][] = [
  ["asset_viewed", ["view_duration_ms"]],
  ["license_signed", ["license_id"]],
  ["payout_completed", ["amount_cents", "payment_method"]],
  ["post_viewed", ["post_id"]],
  ["post_cta_clicked", ["cta_type", "cta_url"]],
];

for (const [eventType, required] of requirements) {
  Deno.test(`2.6 ${eventType} without its props is refused, naming each that is missing`, async () => {
    await using app = await openTestApp(database);
    for (const props of [undefined, {}, { [required[0] ?? ""]: 0 }]) {
      const missing = required.filter((name) => props === undefined || !(name in props));
      const answer = app.post("/v1/events", { eventType, props });
      if (missing.length === 0) {
        assertEquals(await answerOf(answer), accepted);
        continue;
      }
      const { status, code, message, zodError } = await refusalOf(answer);
      assertEquals([status, code, zodError], [412, "PRECONDITION_FAILED", null]);
      const named = required.filter((name) => message.includes(`props.${name}`));
      assertEquals(named, missing);
    }
  });
}

Deno.test("2.6 an occurred_at that is not a date, in the future or too old is refused by name", async () => {
  await using app = await openTestApp(database);
  const inAMinute = new Date(Date.now() + 60_000).toISOString();
  const tooOld = Date.now() - 30 * DAY_MS - 60_000;
  for (const occurred_at of ["yesterday", "2026-02-30", {}, inAMinute, tooOld]) {
    const { status, code, message } = await refusalOf(
      app.post("/v1/events", { eventType: "page_viewed", props: { occurred_at } }),
    );
    assertEquals([status, code], [412, "PRECONDITION_FAILED"], JSON.stringify(occurred_at));
    assertStringIncludes(message, "props.occurred_at");
  }
});

Deno.test("2.6 STRICT_EVENT_TYPES refuses types outside the catalogue", async () => {
  await using app = await openTestApp(database, { environment: { STRICT_EVENT_TYPES: "true" } });
  const { status, code, message } = await refusalOf(
    app.post("/v1/events", { eventType: "page_vieved" }),
  );
  assertEquals([status, code], [412, "PRECONDITION_FAILED"]);
  assertStringIncludes(message, "eventType");
  assertEquals(await answerOf(app.post("/v1/events", { eventType: "page_viewed" })), accepted);
});

Deno.test("2.8 a full buffer is 429 with Retry-After", async () => {
  await using app = await openTestApp(database, { environment: { MAX_BUFFERED_EVENTS: "1" } });
  assertEquals(await answerOf(app.post("/v1/events", { eventType: "page_viewed" })), accepted);
  const response = await app.post("/v1/events", { eventType: "cta_clicked" });
  assertMatch(response.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  const { status, code, message } = await refusalOf(response);
  assertEquals([status, code], [429, "TOO_MANY_REQUESTS"]);
  assertStringIncludes(message, "MAX_BUFFERED_EVENTS");
});

Deno.test("2.8 while the buffer is full, events are not even validated", async () => {
  await using app = await openTestApp(database, { environment: { MAX_BUFFERED_EVENTS: "1" } });
  assertEquals(await answerOf(app.post("/v1/events", { eventType: "page_viewed" })), accepted);
  const { status } = await refusalOf(app.post("/v1/events", { eventType: "" }));
  assertEquals(status, 429);
});
