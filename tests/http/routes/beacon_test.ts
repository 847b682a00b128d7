import { assertEquals } from "../../support/assert.ts";
import { openTestApp, type TestApp } from "../../support/app.ts";
import { noFaults } from "../../support/faulty_kv.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { forceFlush, refusalOf, serve, withFaults } from "../../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

async function typesOf(sessionId: string): Promise<string[]> {
  return await postgres.database.run(async (sql) => {
    const rows = await sql<{ event_type: string }[]>`
      select event_type from events where session_id = ${sessionId}::uuid order by event_type
    `;
    return rows.map(({ event_type }) => event_type);
  });
}

/** Sends a body like `navigator.sendBeacon(url, text)`. */
async function beacon(app: TestApp, body: unknown): Promise<Response> {
  const headers = { "content-type": "text/plain;charset=UTF-8", origin: "https://shop.example" };
  return await app.post("/v1/beacon", body, headers);
}

async function assertNoContent(response: Response): Promise<void> {
  assertEquals(await response.text(), "");
  assertEquals(response.status, 204);
}

Deno.test("1.6 one event as text/plain gets 204 and is stored", async () => {
  await using app = await openTestApp(postgres.database);
  const sessionId = crypto.randomUUID();
  await assertNoContent(await beacon(app, { eventType: "post_page_exit", sessionId }));
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 1 events" });
  assertEquals(await typesOf(sessionId), ["post_page_exit"]);
});

Deno.test("1.6 {events} as text/plain gets 204 and is stored", async () => {
  await using app = await openTestApp(postgres.database);
  const sessionId = crypto.randomUUID();
  const types = ["post_page_exit", "post_session_end"];
  const events = types.map((eventType) => ({ eventType, sessionId }));
  await assertNoContent(await beacon(app, { events }));
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 2 events" });
  assertEquals(await typesOf(sessionId), types);
});

Deno.test("a keepalive fetch over a socket gets 204 and is stored", async () => {
  await using app = await openTestApp(postgres.database);
  await using server = serve(app.app);
  const sessionId = crypto.randomUUID();
  const body = new Blob([JSON.stringify({ eventType: "post_page_exit", sessionId })]);
  const init = { method: "POST", keepalive: true, body };
  await assertNoContent(await fetch(`${server.url}/v1/beacon`, init));
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 1 events" });
  assertEquals(await typesOf(sessionId), ["post_page_exit"]);
});

Deno.test("3.2 an invalid event in a beacon does not affect the others", async () => {
  await using app = await openTestApp(postgres.database);
  const sessionId = crypto.randomUUID();
  const good = { eventType: "post_page_exit", sessionId };
  await assertNoContent(await beacon(app, { events: [{ eventType: "" }, good] }));
  await forceFlush(app);
  assertEquals(await typesOf(sessionId), ["post_page_exit"]);
});

Deno.test("a beacon sent twice gets the same response and is stored once", async () => {
  await using app = await openTestApp(postgres.database);
  const sessionId = crypto.randomUUID();
  const event = { eventType: "post_page_exit", sessionId, idempotencyKey: crypto.randomUUID() };
  await assertNoContent(await beacon(app, event));
  await assertNoContent(await beacon(app, event));
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 1 events" });
  assertEquals(await typesOf(sessionId), ["post_page_exit"]);
});

Deno.test("1.6 a refused beacon gets the status and message of track", async () => {
  await using app = await openTestApp(postgres.database);
  const tooMany = { events: Array(51).fill({ eventType: "x" }) };
  const large = { eventType: "x", props: { text: "x".repeat(33 * 1024) } };
  const key = crypto.randomUUID();
  await assertNoContent(await beacon(app, { eventType: "x", idempotencyKey: key }));
  const refused: readonly [unknown, number, string][] = [
    [{ eventType: "" }, 400, "BAD_REQUEST"],
    [{ events: [] }, 400, "BAD_REQUEST"],
    [{ eventType: "y", idempotencyKey: key }, 409, "CONFLICT"],
    [{ eventType: "post_viewed" }, 412, "PRECONDITION_FAILED"],
    [tooMany, 413, "PAYLOAD_TOO_LARGE"],
    [large, 413, "PAYLOAD_TOO_LARGE"],
  ];
  for (const [body, ...expected] of refused) {
    const { status, code } = await refusalOf(beacon(app, body));
    assertEquals([status, code], expected);
  }
});

for (const what of ["an event", "a batch"]) {
  Deno.test(`2.9 a beacon of ${what} that KV could not store gets 503`, async () => {
    const faults = noFaults();
    await using app = await openTestApp(postgres.database, { parts: withFaults(faults) });
    const event = { eventType: "post_page_exit", sessionId: crypto.randomUUID() };
    faults.commit = () => "fails";
    const response = await beacon(app, what === "an event" ? event : { events: [event] });
    assertEquals(await response.text(), "");
    assertEquals(response.status, 503);
    faults.commit = () => null;
  });
}
