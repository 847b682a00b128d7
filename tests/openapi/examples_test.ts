/** Sends what gets each response that the document has, and compares the two. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { createKey } from "../support/api_keys.ts";
import { openTestApp, type TestApp, type TestAppOptions } from "../support/app.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { noFaults } from "../support/faulty_kv.ts";
import { forceFlush, openClosedDatabase, withFaults } from "../support/server.ts";
import { FakeClock } from "../support/clock.ts";
import { BODY_MS } from "../../src/http/body.ts";
import { BATCHES, EVENTS } from "../../src/openapi/examples.ts";
import { createCheck, type Described, describeDefault, listResponses } from "./support.ts";

const postgres = await openTestPostgres();
const closed = openClosedDatabase();
Deno.test.afterAll(async () => {
  await closed[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const METRICS_TOKEN = "a-token-for-Prometheus-alone";
const document = describeDefault({ hasMetricsToken: true });
const check = createCheck(document);

/** Gets a response that an example shows, from an application of its own. */
type Get = (described: Described) => Promise<Response>;

interface Send {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

async function withApp<T>(
  use: (app: TestApp) => Promise<T>,
  options: TestAppOptions = {},
  database = postgres.database,
) {
  await using app = await openTestApp(database, options);
  return await use(app);
}

/** A body as the path takes it. */
function bodyFor(path: string, event: unknown): unknown {
  return path === "/v1/events/batch" ? { events: [event] } : event;
}

function send({ body, headers = {} }: Send, options?: TestAppOptions): Get {
  const event = body ?? { eventType: `example ${crypto.randomUUID()}` };
  return ({ method, path }) =>
    withApp(async (app) => {
      if (method === "GET") return await app.get(path, headers);
      const sent = typeof event === "string" ? event : bodyFor(path, event);
      return await app.post(path, sent, headers);
    }, options);
}

/** Sends events one after the other; the last response counts. */
function sendAll(events: readonly unknown[], flush = false): Get {
  return ({ path }) =>
    withApp(async (app) => {
      const [last, ...others] = events.toReversed();
      for (const event of others.toReversed()) {
        await (await app.post(path, bodyFor(path, event))).body?.cancel();
      }
      if (flush) await forceFlush(app);
      return await app.post(path, bodyFor(path, last));
    });
}

const failing = noFaults();
failing.commit = () => "fails";
const FAILING: TestAppOptions = { parts: withFaults(failing) };

const THROWING: TestAppOptions = {
  parts: (parts) => ({
    ...parts,
    newId() {
      throw new RangeError("internals");
    },
  }),
};

const LIMITED: TestAppOptions = {
  environment: { RATE_LIMIT_EVENTS_PER_SECOND: "10" },
  parts: (parts) => ({ ...parts, clock: new FakeClock(Date.now()) }), // the burst stays used up
};

/** The limit counts the events of a batch that is rejected as a whole, too. */
const overLimit: Get = ({ path }) =>
  withApp(async (app) => {
    const headers = { authorization: `Bearer ${await app.token("CREATOR")}` };
    const events = Array.from({ length: 50 }, (_, n) => ({ eventType: `limit ${n}` }));
    await (await app.post("/v1/events/batch", { events }, headers)).body?.cancel();
    const more = path === "/v1/events/batch" ? {} : { eventType: "one more" };
    return await app.post(path, more, headers);
  }, LIMITED);

const tooSlow: Get = async ({ path }) => {
  const clock = new FakeClock(Date.now());
  return await withApp(async ({ app }) => {
    const { readable, writable } = new TransformStream<Uint8Array>();
    const url = `http://sluice.test${path}`;
    const response = app.fetch(new Request(url, { method: "POST", body: readable }));
    await clock.advance(BODY_MS);
    await clock.advance(BODY_MS);
    writable.abort().catch(() => {});
    return await response;
  }, { parts: (parts) => ({ ...parts, clock }) });
};

async function withoutScope(described: Described): Promise<Response> {
  const { key } = await createKey(postgres.database, { name: "Reports", scopes: ["read"] });
  return await send({ headers: { "x-api-key": key } })(described);
}

function again(props: object, idempotencyKey = crypto.randomUUID()) {
  return { eventType: "page_viewed", idempotencyKey, props };
}

const first = again({ path: "/" });
const conflicting = again({ path: "/" }, "5f0c7d1e-2f0b-4c37-9a55-0c1f6d2b8e41");
const tooLarge = { eventType: "page_viewed", props: { text: "x".repeat(1024 * 40) } };

/** How to get each example, by status and name; for some by path as well. */
const GETS: Readonly<Record<string, Get>> = {
  "200 tracked": send({}),
  "200 tracked /v1/events/batch": ({ path }) =>
    withApp((app) => app.post(path, BATCHES["payouts"]?.value)),
  "200 replayed": sendAll([first, first], true),
  "200 not_stored": send({}, FAILING),
  "200 one_invalid": ({ path }) =>
    withApp((app) =>
      app.post(path, {
        events: [{ eventType: "a" }, { eventType: "payout_completed", props: { amount_cents: 1 } }],
      })
    ),
  "200 alive": send({}),
  "200 ready": ({ path }) => withApp((app) => app.get(path)),
  "503 degraded": ({ path }) => withApp((app) => app.get(path), {}, closed),
  "400 schema": send({ body: { eventType: "page_viewed", source: "tv" } }),
  "400 json": send({ body: "" }),
  "400 events": send({ body: '{"events":{}}' }),
  "401 key": send({ headers: { "x-api-key": `sluice_key_${"a".repeat(42)}` } }),
  "401 token": send({}, { environment: { METRICS_TOKEN } }),
  "403 scope": withoutScope,
  "408 slow": tooSlow,
  "409 conflict": sendAll([conflicting, { ...conflicting, props: { path: "/pricing" } }]),
  "412 rule": send({ body: { eventType: "payout_completed", props: { amount_cents: 1 } } }),
  "413 event": send({ body: tooLarge }),
  "413 events": ({ path }) =>
    withApp((app) => app.post(path, { events: Array(51).fill({ eventType: "many" }) })),
  "415 coding": send({ headers: { "content-encoding": "lzma" } }),
  "429 limit": overLimit,
  "500 unexpected": send({}, THROWING),
};

/** Ids of rows differ. */
function withoutIds(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replace(/"eventId":"[0-9a-f-]{36}"/g, '"eventId":"id"'));
}

/** Headers that every response of a status has; others depend on more than the status. */
const ALWAYS: Readonly<Record<number, readonly string[]>> = {
  415: ["Accept-Encoding"],
  429: ["Retry-After"],
};

for (const described of listResponses(document)) {
  const { method, path, status, response: { content, headers = {} }, pointer } = described;
  const { examples = {} } = content?.["application/json"] ?? {};
  for (const [name, { value }] of Object.entries(examples)) {
    Deno.test(`1.25 ${method} ${path} responds with ${status} as in the example ${name}`, async () => {
      const get = GETS[`${status} ${name} ${path}`] ?? GETS[`${status} ${name}`];
      assert(get, `add "${status} ${name}" to GETS`);
      const response = await get(described);
      const body = await response.json();
      assertEquals([response.status, withoutIds(body)], [status, withoutIds(value)]);
      assertEquals(check(pointer, body), []);
      assertEquals(response.headers.get("content-type"), "application/json");
      for (const header of ["X-Request-Id", ...ALWAYS[status] ?? []]) {
        assert(headers[header], `${header} is not in the document`);
        assert(response.headers.get(header), `${header} is missing`);
      }
      const replayed = response.headers.get("idempotent-replayed");
      assertEquals(replayed, name === "replayed" ? "true" : null);
    });
  }
}

Deno.test("1.25 every example that can be got is in the document", () => {
  const names = listResponses(document).flatMap(({ status, path, response: { content } }) =>
    Object.keys(content?.["application/json"]?.examples ?? {}).flatMap((name) => [
      `${status} ${name}`,
      `${status} ${name} ${path}`,
    ])
  );
  assertEquals(Object.keys(GETS).filter((name) => !names.includes(name)), []);
});

Deno.test("1.25 examples of requests are valid and accepted, by the beacon too", async () => {
  const event = "/components/schemas/Event";
  for (const [name, { value }] of Object.entries(EVENTS)) {
    assertEquals(check(event, value), [], name);
    const tracked = await send({ body: value })(
      { method: "POST", path: "/v1/events" } as Described,
    );
    assertEquals(await tracked.json(), { eventId: null, tracked: true }, name);
  }
  for (const [name, { value }] of Object.entries({ ...EVENTS, ...BATCHES })) {
    const response = await withApp((app) => app.post("/v1/beacon", value));
    assertEquals([response.status, response.body], [204, null], name);
  }
  for (const { value } of Object.values(BATCHES)) {
    assertEquals(check("/components/schemas/Batch", value), []);
  }
});

Deno.test("1.25 a beacon that is not stored is 503 without a body, as described", async () => {
  const { status, body } = await send({}, FAILING)(
    { method: "POST", path: "/v1/beacon" } as Described,
  );
  assertEquals([status, body], [503, null]);
});

Deno.test("1.25 the pixel and the metrics have the content types of the document", async () => {
  const pixel = await withApp((app) => app.get("/v1/pixel.gif?eventType=email_opened"));
  assertEquals([pixel.status, pixel.headers.get("content-type")], [200, "image/gif"]);
  await pixel.body?.cancel();
  const metrics = await send({ headers: { authorization: `Bearer ${METRICS_TOKEN}` } }, {
    environment: { METRICS_TOKEN },
  })({ method: "GET", path: "/metrics" } as Described);
  assertMatch(metrics.headers.get("content-type") ?? "", /^text\/plain;/);
  assertEquals(metrics.status, 200);
  await metrics.body?.cancel();
});
