import { assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { openTestApp } from "../../support/app.ts";
import { noFaults } from "../../support/faulty_kv.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { answerOf, forceFlush, refusalOf, serve, withFaults } from "../../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const PATH = "/v1/events/batch";

async function countRows(sessionId: string): Promise<number> {
  const [row] = await postgres.database.run((sql) =>
    sql<[{ count: number }]>`
      select count(*)::integer as count from events where session_id = ${sessionId}::uuid
    `
  );
  return row.count;
}

/** Different events of one session with fixed times, the same whenever they are sent. */
function events(count: number, sessionId: string = crypto.randomUUID()) {
  const occurred_at = new Date().toISOString();
  return Array.from({ length: count }, (_, i) => ({
    eventType: `button_clicked_${i}`,
    sessionId,
    props: { occurred_at },
  }));
}

function fulfilled(index: number, eventId: string | null = null) {
  return { index, status: "fulfilled", data: { eventId, tracked: true }, error: null };
}

interface Rejected {
  readonly index: number;
  readonly status: string;
  readonly data: unknown;
  readonly error: string;
}

/** The batch's response without its errors, and the errors by index. */
async function batchOf(response: Response | Promise<Response>) {
  const { status, body } = await answerOf(response);
  const batch = body as { results: Rejected[] };
  const errors = Object.fromEntries(
    batch.results.filter(({ error }) => error !== null).map(({ index, error }) => [index, error]),
  );
  const results = batch.results.map((result) =>
    result.error === null ? result : { ...result, error: "…" }
  );
  return { status, body: { ...batch, results }, errors };
}

function rejected(index: number) {
  return { index, status: "rejected", data: null, error: "…" };
}

Deno.test("3.1 a batch of 1 to 50 events has a result for each event", async () => {
  await using app = await openTestApp(postgres.database);
  for (const count of [1, 50]) {
    const batch = events(count);
    assertEquals(await answerOf(app.post(PATH, { events: batch })), {
      status: 200,
      body: {
        total: count,
        successful: count,
        failed: 0,
        results: batch.map((_, i) => fulfilled(i)),
      },
    });
    assertEquals(await forceFlush(app), { flushed: true, message: `Flushed ${count} events` });
    assertEquals(await countRows(batch[0]?.sessionId ?? ""), count);
  }
});

Deno.test("3.1 more than 50 events are too large, and none of them is stored", async () => {
  await using app = await openTestApp(postgres.database);
  const { status, code, message } = await refusalOf(app.post(PATH, { events: events(51) }));
  assertEquals([status, code], [413, "PAYLOAD_TOO_LARGE"]);
  assertStringIncludes(message, "50");
  assertEquals(await forceFlush(app), { flushed: true, message: "Buffer is empty" });
});

Deno.test("3.1 anything but a non-empty array of events is a bad request", async () => {
  await using app = await openTestApp(postgres.database);
  for (const body of [{ events: [] }, { events: {} }, { events: "x" }, { events: null }, {}]) {
    const { status, code, message, zodError } = await refusalOf(app.post(PATH, body));
    assertEquals([status, code], [400, "BAD_REQUEST"]);
    assertEquals(Object.keys(zodError?.fieldErrors ?? {}), ["events"]);
    assertStringIncludes(message, "events");
  }
  for (const body of ["null", "[]", "7"]) {
    const { status, code, zodError } = await refusalOf(app.post(PATH, body));
    assertEquals([status, code, zodError?.formErrors.length], [400, "BAD_REQUEST", 1]);
  }
});

Deno.test("3.2 each event has its own result, in order, and errors name what is wrong", async () => {
  await using app = await openTestApp(postgres.database);
  const [first, last] = events(2);
  const key = crypto.randomUUID();
  const batch = [
    first,
    { eventType: "page_viewed", source: "fridge" },
    { eventType: "payout_completed", props: { amount_cents: 0 } },
    null,
    { eventType: "page_viewed", props: { text: "x".repeat(32 * 1024) } },
    { eventType: "page_viewed", idempotencyKey: key },
    { eventType: "cta_clicked", idempotencyKey: key },
    last,
  ];
  const { status, body, errors } = await batchOf(app.post(PATH, { events: batch }));
  assertEquals({ status, body }, {
    status: 200,
    body: {
      total: 8,
      successful: 3,
      failed: 5,
      results: [0, 1, 2, 3, 4, 5, 6, 7].map((i) =>
        [0, 5, 7].includes(i) ? fulfilled(i) : rejected(i)
      ),
    },
  });
  assertEquals(Object.keys(errors), ["1", "2", "3", "4", "6"]);
  assertStringIncludes(errors["1"] ?? "", "source");
  assertStringIncludes(errors["2"] ?? "", "props.payment_method");
  assertStringIncludes(errors["4"] ?? "", "32768");
  assertStringIncludes(errors["6"] ?? "", "CONFLICT");
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 3 events" });
});

Deno.test("3.3 events that could not be stored are rejected, and stored when sent again", async () => {
  const faults = noFaults();
  await using app = await openTestApp(postgres.database, { parts: withFaults(faults) });
  const batch = events(3);
  faults.commit = () => "fails";
  const { status, body } = await batchOf(app.post(PATH, { events: batch }));
  const results = batch.map((_, i) => rejected(i));
  assertEquals({ status, body }, {
    status: 200,
    body: { total: 3, successful: 0, failed: 3, results },
  });
  faults.commit = () => null;
  const again = await batchOf(app.post(PATH, { events: batch }));
  assertEquals(again.body.results.map((result) => result.status), Array(3).fill("fulfilled"));
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 3 events" });
});

Deno.test("3.4 equal events within a batch count as duplicates", async () => {
  await using app = await openTestApp(postgres.database);
  const [event] = events(1);
  const keyed = { ...event, idempotencyKey: crypto.randomUUID() };
  const batch = [event, keyed, event, keyed, { ...event, props: { ...event?.props, more: 1 } }];
  assertEquals(await answerOf(app.post(PATH, { events: batch })), {
    status: 200,
    body: {
      total: 5,
      successful: 5,
      failed: 0,
      results: [0, 1, 2, 3, 4].map((i) => fulfilled(i)),
    },
  });
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 2 events" });
  assertEquals(await countRows(event?.sessionId ?? ""), 2);
});

Deno.test("2.3 a replay in a batch gets the row's id, once there is a row", async () => {
  await using app = await openTestApp(postgres.database);
  const sessionId = crypto.randomUUID();
  const [event] = events(1, sessionId);
  const batch = { events: [{ ...event, idempotencyKey: crypto.randomUUID() }] };
  const buffered = { total: 1, successful: 1, failed: 0, results: [fulfilled(0)] };
  for (const _ of ["first", "replay"]) {
    assertEquals(await answerOf(app.post(PATH, batch)), { status: 200, body: buffered });
  }
  await forceFlush(app);
  const [row] = await postgres.database.run((sql) =>
    sql<{ id: string }[]>`select id from events where session_id = ${sessionId}::uuid`
  );
  const replayed = { ...buffered, results: [fulfilled(0, row?.id)] };
  assertEquals(await answerOf(app.post(PATH, batch)), { status: 200, body: replayed });
});

Deno.test("2.8 events beyond a full buffer are rejected, with Retry-After", async () => {
  const environment = { MAX_BUFFERED_EVENTS: "2" };
  await using app = await openTestApp(postgres.database, { environment });
  const response = await app.post(PATH, { events: events(4) });
  assertMatch(response.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  const { status, body, errors } = await batchOf(response);
  assertEquals({ status, body }, {
    status: 200,
    body: {
      total: 4,
      successful: 2,
      failed: 2,
      results: [fulfilled(0), fulfilled(1), rejected(2), rejected(3)],
    },
  });
  assertStringIncludes(errors["2"] ?? "", "MAX_BUFFERED_EVENTS");
});

Deno.test("a batch may be gzipped, with and without a socket", async () => {
  await using app = await openTestApp(postgres.database);
  await using server = serve(app.app);
  const routes = [server.url, "http://sluice.test"];
  for (const [i, origin] of routes.entries()) {
    const batch = events(50);
    const json = new Blob([JSON.stringify({ events: batch })]).stream();
    const body = await new Response(json.pipeThrough(new CompressionStream("gzip"))).bytes();
    const headers = { "content-encoding": "gzip", "content-type": "application/json" };
    const request = new Request(`${origin}${PATH}`, { method: "POST", headers, body });
    const results = batch.map((_, index) => fulfilled(index));
    assertEquals(await answerOf(i === 0 ? fetch(request) : app.app.fetch(request)), {
      status: 200,
      body: { total: 50, successful: 50, failed: 0, results },
    });
    assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 50 events" });
    assertEquals(await countRows(batch[0]?.sessionId ?? ""), 50);
  }
});
