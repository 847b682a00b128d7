import { assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { mintToken } from "../../../src/auth/token.ts";
import { openTestApp, SECRET } from "../../support/app.ts";
import { noFaults } from "../../support/faulty_kv.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { answerOf, forceFlush, refusalOf, withFaults } from "../../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const accepted = { status: 200, body: { eventId: null, tracked: true } };

interface Row {
  readonly id: string;
  readonly event_type: string;
  readonly props: unknown;
}

async function rowsOf(sessionId: string): Promise<Row[]> {
  return await postgres.database.run(async (sql) => [
    ...await sql<Row[]>`
      select id, event_type, props from events where session_id = ${sessionId}::uuid order by id
    `,
  ]);
}

/** An event with a fixed time, the same whenever it is sent. */
function anEvent() {
  return {
    eventType: "page_viewed",
    sessionId: crypto.randomUUID(),
    props: { page: "/pricing", occurred_at: new Date().toISOString() } as Record<string, unknown>,
  };
}

Deno.test("2.1 a new event is tracked without an id, and is a row after the flush", async () => {
  await using app = await openTestApp(postgres.database);
  const event = anEvent();
  const response = await app.post("/v1/events", event);
  assertEquals(response.headers.get("idempotent-replayed"), null);
  assertEquals(await answerOf(response), accepted);
  assertEquals(await rowsOf(event.sessionId), []);
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 1 events" });
  const [row, ...others] = await rowsOf(event.sessionId);
  assertEquals(others, []);
  assertEquals([row?.event_type, row?.props], ["page_viewed", event.props]);
});

Deno.test("2.2 the same fingerprint within the TTL is tracked, but stored once", async () => {
  await using app = await openTestApp(postgres.database);
  const event = anEvent();
  for (const page of ["/pricing", "/elsewhere", "/pricing"]) {
    const duplicate = { ...event, props: { ...event.props, page } };
    const response = await app.post("/v1/events", duplicate);
    assertEquals(response.headers.get("idempotent-replayed"), null);
    assertEquals(await answerOf(response), accepted);
  }
  await forceFlush(app);
  assertEquals((await rowsOf(event.sessionId)).map(({ props }) => props), [event.props]);
});

Deno.test("2.2 another session, type or second is another event", async () => {
  await using app = await openTestApp(postgres.database);
  const event = anEvent();
  const earlier = new Date(Date.now() - 2000).toISOString();
  const others = [
    event,
    { ...event, sessionId: crypto.randomUUID() },
    { ...event, eventType: "cta_clicked" },
    { ...event, props: { occurred_at: earlier } },
  ];
  for (const other of others) assertEquals(await answerOf(app.post("/v1/events", other)), accepted);
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 4 events" });
});

Deno.test("2.3 a replay's eventId is null while buffered and the row's id afterwards", async () => {
  await using app = await openTestApp(postgres.database);
  const event = { ...anEvent(), idempotencyKey: crypto.randomUUID() };
  const first = await app.post("/v1/events", event);
  assertEquals(first.headers.get("idempotent-replayed"), null);
  assertEquals(await answerOf(first), accepted);

  const buffered = await app.post("/v1/events", event);
  assertEquals(buffered.headers.get("idempotent-replayed"), "true");
  assertEquals(await answerOf(buffered), accepted);

  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 1 events" });
  const flushed = await app.post("/v1/events", event);
  assertEquals(flushed.headers.get("idempotent-replayed"), "true");
  const { status, body } = await answerOf(flushed);
  const [row, ...others] = await rowsOf(event.sessionId);
  assertEquals(others, []);
  assertMatch(row?.id ?? "", UUID);
  assertEquals({ status, body }, { status: 200, body: { eventId: row?.id, tracked: true } });
  assertEquals(await forceFlush(app), { flushed: true, message: "Buffer is empty" });
});

Deno.test("2.3 2.15 neither key order nor the case of the UUID make a different event", async () => {
  await using app = await openTestApp(postgres.database);
  const { eventType, sessionId, props } = anEvent();
  const idempotencyKey = crypto.randomUUID();
  const nested = { ...props, nested: { a: 1, b: 2 } };
  await answerOf(
    app.post("/v1/events", { eventType, sessionId, props: nested, idempotencyKey }),
  );
  const replay = await app.post("/v1/events", {
    idempotencyKey: idempotencyKey.toUpperCase(),
    props: { nested: { b: 2, a: 1 }, ...props },
    sessionId,
    eventType,
    unknown: "keys are ignored",
  });
  assertEquals(replay.headers.get("idempotent-replayed"), "true");
  assertEquals(await answerOf(replay), accepted);
});

Deno.test("2.4 the same idempotency key with another event is a conflict", async () => {
  await using app = await openTestApp(postgres.database);
  const event = { ...anEvent(), idempotencyKey: crypto.randomUUID() };
  assertEquals(await answerOf(app.post("/v1/events", event)), accepted);
  const other = { ...event, eventType: "cta_clicked" };
  for (const flushes of [false, true]) {
    if (flushes) await forceFlush(app);
    const response = await app.post("/v1/events", other);
    assertEquals(response.headers.get("idempotent-replayed"), null);
    const { status, code, message } = await refusalOf(response);
    assertEquals([status, code], [409, "CONFLICT"]);
    assertStringIncludes(message, event.idempotencyKey);
  }
  await forceFlush(app);
  const rows = await rowsOf(event.sessionId);
  assertEquals(rows.map(({ event_type }) => event_type), ["page_viewed"]);
});

Deno.test("2.9 while KV fails an event is not tracked, and can be sent again afterwards", async () => {
  const faults = noFaults();
  await using app = await openTestApp(postgres.database, { parts: withFaults(faults) });
  for (const extra of [{}, { idempotencyKey: crypto.randomUUID() }]) {
    const event = { ...anEvent(), ...extra };
    faults.commit = () => "fails";
    const unstored = { status: 200, body: { eventId: null, tracked: false } };
    assertEquals(await answerOf(app.post("/v1/events", event)), unstored);
    faults.commit = () => null;
    const again = await app.post("/v1/events", event);
    assertEquals(again.headers.get("idempotent-replayed"), null);
    assertEquals(await answerOf(again), accepted);
    assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 1 events" });
    assertEquals((await rowsOf(event.sessionId)).length, 1);
  }
});

Deno.test("2.10 an unexpected error is a 500 without internals", async () => {
  await using app = await openTestApp(postgres.database, {
    parts: (parts) => ({
      ...parts,
      newId() {
        throw new RangeError("internals at /srv/secret.ts:12");
      },
    }),
  });
  const message = "Internal server error";
  assertEquals(await answerOf(app.post("/v1/events", anEvent())), {
    status: 500,
    body: { code: "INTERNAL_SERVER_ERROR", message },
  });
  assertEquals(await answerOf(app.post("/v1/events/batch", { events: [anEvent()] })), {
    status: 200,
    body: {
      total: 1,
      successful: 0,
      failed: 1,
      results: [{ index: 0, status: "rejected", data: null, error: `${message}; send it again` }],
    },
  });
});

const identityColumns = ["actor_id", "actor_type", "user_id", "creator_id", "brand_id"] as const;

async function identityOf(sessionId: string): Promise<unknown[]> {
  const [row] = await postgres.database.run((sql) =>
    sql<Record<string, string | null>[]>`
      select actor_id, actor_type, user_id, creator_id, brand_id from events
      where session_id = ${sessionId}::uuid
    `
  );
  return identityColumns.map((column) => row?.[column]);
}

Deno.test("6.2 the event gets the identity of a bearer token or a cookie", async () => {
  await using app = await openTestApp(postgres.database);
  const claims = { sub: "user_7", role: "CREATOR", creatorId: "creator_7", brandId: "brand_7" };
  const token = await mintToken(SECRET, { ...claims, expiresInSeconds: 60 }, Date.now());
  const ways = [{ authorization: `Bearer ${token}` }, { cookie: `theme=dark; session=${token}` }];
  for (const headers of ways) {
    const event = anEvent();
    assertEquals(await answerOf(app.post("/v1/events", event, headers)), accepted);
    await forceFlush(app);
    const identity = ["user_7", "CREATOR", "user_7", "creator_7", "brand_7"];
    assertEquals(await identityOf(event.sessionId), identity);
  }
});

Deno.test("6.2 without a usable token the event is anonymous, and never an error", async () => {
  await using app = await openTestApp(postgres.database);
  const claims = { sub: "user_7", role: "ADMIN" };
  const tokens = [
    await mintToken(SECRET, { ...claims, expiresInSeconds: -60 }, Date.now()),
    await mintToken("x".repeat(32), { ...claims, expiresInSeconds: 60 }, Date.now()),
    "not.a.token",
  ];
  const all = [{}, ...tokens.map((token) => ({ authorization: `Bearer ${token}` }))];
  for (const headers of all) {
    const event = anEvent();
    assertEquals(await answerOf(app.post("/v1/events", event, headers)), accepted);
    await forceFlush(app);
    assertEquals(await identityOf(event.sessionId), [null, null, null, null, null]);
  }
});
