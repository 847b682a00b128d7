import { assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { openTestApp, type TestApp } from "../../support/app.ts";
import { noFaults } from "../../support/faulty_kv.ts";
import {
  answerOf,
  asAdmin,
  openClosedDatabase,
  refusalOf,
  serve,
  withFaults,
  type ZodErrorShape,
} from "../../support/server.ts";

// Clients' links are tested in tests/trpc; these tests are about the protocol on the wire.
const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const TRACK = "/api/trpc/eventIngestion.track";
const TRACK_BATCH = "/api/trpc/eventIngestion.trackBatch";
const GET_STATS = "/api/trpc/eventIngestion.getStats";

const tracked = { result: { data: { eventId: null, tracked: true } } };

interface Failure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly zodError: ZodErrorShape | null;
}

/** Reads an error envelope and checks that it has only the fields of the contract. */
async function failureOf(
  response: Response | Promise<Response>,
  path = "eventIngestion.track",
): Promise<Failure> {
  const { status, body } = await answerOf(response);
  const { error } = body as {
    error: { message: string; code: number; data: { code: string; zodError?: ZodErrorShape } };
  };
  const { message, data: { code, zodError } } = error;
  assertEquals(typeof error.code, "number");
  assertEquals(body, {
    error: {
      message,
      code: error.code,
      data: {
        code,
        httpStatus: status,
        path,
        ...(zodError === undefined ? {} : { zodError }),
      },
    },
  });
  return { status, code, message, zodError: zodError ?? null };
}

function request(app: TestApp, method: string, path: string, init: RequestInit = {}) {
  return app.app.fetch(new Request(`http://sluice.test${path}`, { method, ...init }));
}

Deno.test("2.12 track and trackBatch respond in tRPC's envelope with the guide's shapes", async () => {
  await using app = await openTestApp(database);
  assertEquals(await answerOf(app.post(TRACK, { eventType: "page_viewed" })), {
    status: 200,
    body: tracked,
  });
  const events = [{ eventType: "cta_clicked" }, { eventType: "post_viewed" }];
  const { status, body } = await answerOf(app.post(TRACK_BATCH, { events }));
  const error = "post_viewed requires props.post_id";
  const data = { eventId: null, tracked: true };
  const results = [
    { index: 0, status: "fulfilled", data, error: null },
    { index: 1, status: "rejected", data: null, error },
  ];
  const answer = { total: 2, successful: 1, failed: 1, results };
  assertEquals({ status, body }, { status: 200, body: { result: { data: answer } } });
});

Deno.test("the results of many calls in one request are in order, each with its own status", async () => {
  await using app = await openTestApp(database);
  const path = `${TRACK},eventIngestion.track,eventIngestion.track?batch=1`;
  const good = { 0: { eventType: "a" }, 1: { eventType: "b" }, 2: { eventType: "c" } };
  assertEquals(await answerOf(app.post(path, good)), {
    status: 200,
    body: [tracked, tracked, tracked],
  });
  const mixed = { ...good, 0: { eventType: "d" }, 1: { eventType: "" }, 2: { eventType: "e" } };
  const { status, body } = await answerOf(app.post(path, mixed));
  assertEquals(status, 207);
  const [first, second, third] = body as [unknown, { error: { data: unknown } }, unknown];
  assertEquals([first, third], [tracked, tracked]);
  const message = 'must be a string of 1 to 100 characters, got ""';
  assertEquals(second.error.data, {
    code: "BAD_REQUEST",
    httpStatus: 400,
    path: "eventIngestion.track",
    zodError: { fieldErrors: { eventType: [message] }, formErrors: [] },
  });
});

Deno.test("2.3 2.4 a replay carries the header, a conflict its code", async () => {
  await using app = await openTestApp(database);
  const event = { eventType: "page_viewed", idempotencyKey: crypto.randomUUID() };
  const first = await app.post(TRACK, event);
  assertEquals(first.headers.get("idempotent-replayed"), null);
  assertEquals(await answerOf(first), { status: 200, body: tracked });
  const replay = await app.post(TRACK, event);
  assertEquals(replay.headers.get("idempotent-replayed"), "true");
  assertEquals(await answerOf(replay), { status: 200, body: tracked });
  const { status, code } = await failureOf(app.post(TRACK, { ...event, eventType: "x" }));
  assertEquals([status, code], [409, "CONFLICT"]);
});

Deno.test("2.5 a violated schema is a bad request with zodError but without the input", async () => {
  await using app = await openTestApp(database);
  const fields = await failureOf(app.post(TRACK, { eventType: "x", sessionId: 1, source: "y" }));
  assertEquals([fields.status, fields.code], [400, "BAD_REQUEST"]);
  assertEquals(Object.keys(fields.zodError?.fieldErrors ?? {}), ["source", "sessionId"]);
  assertEquals(fields.zodError?.formErrors, []);
  for (const body of ["", "null", "[]"]) {
    const form = await failureOf(app.post(TRACK, body));
    assertEquals([form.status, form.zodError?.formErrors.length], [400, 1]);
  }
  const batch = await failureOf(app.post(TRACK_BATCH, {}), "eventIngestion.trackBatch");
  assertEquals([batch.status, Object.keys(batch.zodError?.fieldErrors ?? {})], [400, ["events"]]);
});

Deno.test("2.6 2.7 business rules are 412, large events and batches 413", async () => {
  await using app = await openTestApp(database);
  const refused = await failureOf(app.post(TRACK, { eventType: "payout_completed" }));
  assertEquals([refused.status, refused.code], [412, "PRECONDITION_FAILED"]);
  assertStringIncludes(refused.message, "props.amount_cents, props.payment_method");
  const large = { eventType: "x", props: { text: "x".repeat(32 * 1024) } };
  const tooLarge = await failureOf(app.post(TRACK, large));
  assertEquals([tooLarge.status, tooLarge.code], [413, "PAYLOAD_TOO_LARGE"]);
  const events = Array(51).fill({ eventType: "x" });
  const tooMany = await failureOf(app.post(TRACK_BATCH, { events }), "eventIngestion.trackBatch");
  assertEquals([tooMany.status, tooMany.code], [413, "PAYLOAD_TOO_LARGE"]);
});

Deno.test("2.7 a body over the limit and a gzip bomb are 413, in tRPC's envelope", async () => {
  await using app = await openTestApp(database);
  await using server = serve(app.app);
  const space = new Uint8Array(2 * 1024 * 1024).fill(0x20);
  const packed = new Blob([space]).stream().pipeThrough(new CompressionStream("gzip"));
  const bomb = await new Response(packed).bytes();
  const json = { "content-type": "application/json" };
  const bodies: [HeadersInit, Uint8Array<ArrayBuffer> | ReadableStream][] = [
    [json, space],
    [json, new Blob([space]).stream()],
    [{ ...json, "content-encoding": "gzip" }, bomb],
  ];
  for (const [headers, body] of bodies) {
    const init = { method: "POST", headers, body };
    const response = await fetch(`${server.url}${TRACK}`, init);
    const { status, body: envelope } = await answerOf(response);
    const { error } = envelope as { error: { data: { code: string } } };
    assertEquals([status, error.data.code], [413, "PAYLOAD_TOO_LARGE"]);
  }
});

Deno.test("2.8 a full buffer is 429 with Retry-After", async () => {
  await using app = await openTestApp(database, { environment: { MAX_BUFFERED_EVENTS: "1" } });
  assertEquals((await answerOf(app.post(TRACK, { eventType: "x" }))).body, tracked);
  const response = await app.post(TRACK, { eventType: "y" });
  assertMatch(response.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  const { status, code } = await failureOf(response);
  assertEquals([status, code], [429, "TOO_MANY_REQUESTS"]);
});

Deno.test("2.9 while KV fails, track says tracked: false", async () => {
  const faults = noFaults();
  await using app = await openTestApp(database, { parts: withFaults(faults) });
  faults.commit = () => "fails";
  assertEquals(await answerOf(app.post(TRACK, { eventType: "x" })), {
    status: 200,
    body: { result: { data: { eventId: null, tracked: false } } },
  });
  faults.commit = () => null;
});

Deno.test("2.10 an unexpected error is a 500 without internals or stack", async () => {
  const faults = noFaults();
  await using app = await openTestApp(database, { parts: withFaults(faults) });
  faults.read = () => true;
  const failure = await failureOf(
    app.get(GET_STATS, await asAdmin(app)),
    "eventIngestion.getStats",
  );
  faults.read = () => false;
  assertEquals(failure, {
    status: 500,
    code: "INTERNAL_SERVER_ERROR",
    message: "Internal server error",
    zodError: null,
  });
});

Deno.test("1.5 broken JSON and junk input are bad requests", async () => {
  await using app = await openTestApp(database);
  for (const body of ["{", "eventType=x", "\u0000"]) {
    assertEquals((await failureOf(app.post(TRACK, body))).status, 400);
  }
  const bearer = await asAdmin(app);
  for (const input of ["{", "7", "%E0%A4%A", ""]) {
    const response = await app.get(`${GET_STATS}?input=${input}`, bearer);
    assertEquals(response.status, input === "" ? 200 : 400, input);
    await response.body?.cancel();
  }
  const batch = await app.post(`${TRACK},eventIngestion.track?batch=1`, "[");
  assertEquals(batch.status, 400);
  await batch.body?.cancel();
});

Deno.test("1.3 any content type but JSON is refused", async () => {
  await using app = await openTestApp(database);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/xml"]) {
    const headers = { "content-type": type };
    const response = await app.post(TRACK, { eventType: "x" }, headers);
    const { error } = await response.json();
    assertEquals([error.data.code, error.data.httpStatus], ["UNSUPPORTED_MEDIA_TYPE", 415]);
    assertEquals(response.status, 415);
  }
  const form = new FormData();
  form.set("eventType", "x");
  const bodies: BodyInit[] = [form, new Blob(["{}"], { type: "application/octet-stream" })];
  for (const body of bodies) {
    const response = await request(app, "POST", TRACK, { body });
    assertEquals(response.status, 415, "a foreign page's form cannot call a procedure");
    await response.body?.cancel();
  }
});

Deno.test("GET never runs a mutation, and other methods are not allowed", async () => {
  await using app = await openTestApp(database);
  const input = encodeURIComponent(JSON.stringify({ eventType: "x" }));
  const failure = await failureOf(app.get(`${TRACK}?input=${input}`));
  assertEquals([failure.status, failure.code], [405, "METHOD_NOT_SUPPORTED"]);
  for (const method of ["PUT", "PATCH", "DELETE"]) {
    const answer = await refusalOf(request(app, method, TRACK, { body: "{}" }));
    assertEquals([answer.status, answer.code], [405, "METHOD_NOT_SUPPORTED"]);
  }
});

Deno.test("an unknown procedure is not found, and a malformed path is a bad request", async () => {
  await using app = await openTestApp(database);
  for (const path of ["eventIngestion.untrack", "track", "__proto__", "eventIngestion"]) {
    const failure = await failureOf(app.post(`/api/trpc/${path}`, {}), path);
    assertEquals([failure.status, failure.code], [404, "NOT_FOUND"]);
  }
  const response = await app.post("/api/trpc/%E0%A4%A", {});
  assertEquals(response.status, 400);
  await response.body?.cancel();
});

Deno.test("a request for both v10's and v11's stream gets v11's", async () => {
  await using app = await openTestApp(database);
  const headers = { "trpc-batch-mode": "stream", "trpc-accept": "application/jsonl" };
  const response = await app.post(`${TRACK}?batch=1`, { 0: { eventType: "x" } }, headers);
  assertEquals(response.status, 200);
  assertStringIncludes(await response.text(), '"tracked":true');
});
