import { assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { openTestApp, type TestApp } from "../../support/app.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { answerOf, forceFlush, refusalOf } from "../../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const accepted = { status: 200, body: { eventId: null, tracked: true } };
const event = { eventType: "payout_completed", props: { amount_cents: 1, payment_method: "card" } };

function keyed(key: string): Record<string, string> {
  return { "idempotency-key": key };
}

async function keysOf(app: TestApp): Promise<string[]> {
  await forceFlush(app);
  return await postgres.database.run(async (sql) => {
    const rows = await sql<
      { key: string }[]
    >`select idempotency_key as key from events order by id`;
    await sql`delete from events`;
    return rows.map(({ key }) => key);
  });
}

Deno.test("1.13 equal events with a key each in the header Idempotency-Key are a row each", async () => {
  await using app = await openTestApp(postgres.database);
  const keys = Array.from({ length: 5 }, () => crypto.randomUUID());
  for (const key of keys) {
    assertEquals(await answerOf(app.post("/v1/events", event, keyed(key))), accepted);
  }
  assertEquals(await keysOf(app), keys);
});

Deno.test("1.13 2.3 an event with a key seen before is a replay, in the header or in the body", async () => {
  await using app = await openTestApp(postgres.database);
  const key = crypto.randomUUID();
  await answerOf(app.post("/v1/events", event, keyed(key)));
  const repeats = [
    app.post("/v1/events", event, keyed(key)),
    app.post("/v1/events", event, keyed(key.toUpperCase())),
    // As the draft standard of the header writes it.
    app.post("/v1/events", event, keyed(`"${key}"`)),
    app.post("/v1/events", { ...event, idempotencyKey: key }),
    app.post("/v1/events", { ...event, idempotencyKey: key }, keyed(key.toUpperCase())),
    app.post("/v1/events", { ...event, idempotencyKey: null }, keyed(key)),
  ];
  for (const response of await Promise.all(repeats)) {
    assertEquals(response.headers.get("idempotent-replayed"), "true");
    assertEquals(await answerOf(response), accepted);
  }
  assertEquals(await keysOf(app), [key]);
});

Deno.test("1.13 2.4 a key seen before with another event is a conflict", async () => {
  await using app = await openTestApp(postgres.database);
  const key = crypto.randomUUID();
  await answerOf(app.post("/v1/events", event, keyed(key)));
  const other = { ...event, source: "api" };
  const { status, code, message } = await refusalOf(app.post("/v1/events", other, keyed(key)));
  assertEquals([status, code], [409, "CONFLICT"]);
  assertStringIncludes(message, key);
  assertEquals(await keysOf(app), [key]);
});

Deno.test("1.13 a header and a body with different keys are rejected, naming both", async () => {
  await using app = await openTestApp(postgres.database);
  const key = crypto.randomUUID();
  for (const path of ["/v1/events", "/v1/beacon"]) {
    for (const own of [crypto.randomUUID(), "no-uuid", 7, ""]) {
      const body = { ...event, idempotencyKey: own };
      const { status, code, message } = await refusalOf(app.post(path, body, keyed(key)));
      assertEquals([status, code], [400, "BAD_REQUEST"]);
      for (const part of ["Idempotency-Key", key, "idempotencyKey", String(own)]) {
        assertStringIncludes(message, part);
      }
    }
  }
  assertEquals(await keysOf(app), []);
});

Deno.test("1.13 a header that is no UUID is rejected by name", async () => {
  await using app = await openTestApp(postgres.database);
  const key = crypto.randomUUID();
  for (const path of ["/v1/events", "/v1/beacon"]) {
    for (const header of ["", "order-17", `${key}, ${key}`, `"${key}`, "x".repeat(4000)]) {
      const { status, code, message } = await refusalOf(app.post(path, event, keyed(header)));
      assertEquals([status, code], [400, "BAD_REQUEST"], header);
      assertMatch(message, /^The header Idempotency-Key must be a UUID .*, got ".{0,60}$/);
    }
  }
  assertEquals(await keysOf(app), []);
});

Deno.test("1.13 a batch with the header is rejected, as each of its events needs a key of its own", async () => {
  await using app = await openTestApp(postgres.database);
  for (const path of ["/v1/events/batch", "/v1/beacon"]) {
    const headers = keyed(crypto.randomUUID());
    const { status, code, message } = await refusalOf(app.post(path, { events: [event] }, headers));
    assertEquals([status, code], [400, "BAD_REQUEST"], path);
    assertStringIncludes(message, "The header Idempotency-Key must not be sent with a batch");
  }
  assertEquals(await keysOf(app), []);
});

Deno.test("1.13 the header works with a beacon of one event, and keeps other bodies' errors", async () => {
  await using app = await openTestApp(postgres.database);
  const key = crypto.randomUUID();
  for (let i = 0; i < 2; i++) {
    const response = await app.post("/v1/beacon", event, keyed(key));
    assertEquals([response.status, await response.text()], [204, ""]);
  }
  for (const body of ["null", "[]", '"text"', "7"]) {
    const { status, message } = await refusalOf(app.post("/v1/events", body, keyed(key)));
    assertEquals(status, 400, body);
    assertStringIncludes(message, "event must be an object");
  }
  assertEquals(await keysOf(app), [key]);
});

Deno.test("1.13 the pixel takes the key as a parameter: a mail counts once, however often it is opened", async () => {
  await using app = await openTestApp(postgres.database);
  const key = crypto.randomUUID();
  for (let i = 0; i < 3; i++) {
    const query = new URLSearchParams({ eventType: "email_opened", idempotencyKey: key });
    await (await app.get(`/v1/pixel.gif?${query}`)).body?.cancel();
  }
  assertEquals(await keysOf(app), [key]);
});
