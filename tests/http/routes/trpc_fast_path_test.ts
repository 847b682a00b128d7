import * as fc from "fast-check";
import type { Hono } from "hono";
import { assertEquals, assertGreater } from "../../support/assert.ts";
import { createFindCookies } from "../../../src/auth/cookies.ts";
import { systemClock } from "../../../src/clock.ts";
import { BODY_MS, MAX_ARRIVING_BYTES } from "../../../src/http/body.ts";
import { ByteBudget } from "../../../src/http/byte_budget.ts";
import { createWorkLimit } from "../../../src/limits/work_limit.ts";
import { Deadline } from "../../../src/http/deadline.ts";
import { createHttp, type HttpOptions } from "../../../src/http/app.ts";
import type { HttpEnv } from "../../../src/http/env.ts";
import { type Outcome, OUTCOME_KINDS } from "../../../src/events/outcome.ts";
import { trackEventSchema } from "../../../src/events/schema.ts";

const wrong = trackEventSchema.safeParse({ source: 7 });

/** An outcome that depends on the event, of each kind. */
function outcomeOf(raw: unknown): Outcome {
  const json = JSON.stringify(raw) ?? "";
  const kind = OUTCOME_KINDS[json.length % OUTCOME_KINDS.length] ?? "accepted";
  const retryAfterSeconds = json.length % 7;
  switch (kind) {
    case "replayed":
      return { kind, eventId: json.length % 2 ? null : "0190a0b0-0000-7000-8000-000000000000" };
    case "unauthorized":
      return { kind, reason: "unknown", message: "unknown" };
    case "forbidden":
      return { kind, scope: "ingest", message: "scope" };
    case "conflict":
    case "too_large":
      return { kind, message: `${kind} ü "quoted"` };
    case "limited":
    case "overloaded":
      return { kind, message: kind, retryAfterSeconds };
    case "invalid":
      if (wrong.success) throw new Error("Cannot be right");
      return { kind, error: wrong.error };
    case "rule_violated":
      return { kind, rule: "required_props", message: "post_viewed requires props.post_id" };
    case "failed":
      return { kind, error: new Error("secret") };
    default:
      return { kind };
  }
}

let procedures = 0;

const bodyDeadline = new Deadline(systemClock, BODY_MS);
bodyDeadline[Symbol.dispose](); // from the beginning: it leaves no timer between tests

const observed: string[] = [];

const options: HttpOptions = {
  service: {
    ingest(raw) {
      procedures += 1;
      return Promise.resolve(outcomeOf(raw));
    },
    requiresKey: false,
    limit: () => null,
    stats: () => Promise.reject(new Error("secret")),
    forceFlush: () => Promise.resolve({ result: "timeout" }),
  },
  admin: null as never, // no call of these is for admins
  identify: () => Promise.resolve({ kind: "unverified" }),
  findCookies: createFindCookies(["session"]),
  identifyKey: () => Promise.resolve({ kind: "unverified" }),
  trustedProxies: 0,
  clientIpHeader: null,
  locationHeaders: "none",
  honorGpc: true,
  bodies: {
    deadline: bodyDeadline,
    arriving: new ByteBudget(MAX_ARRIVING_BYTES),
    work: createWorkLimit(systemClock),
  },
  corsOrigins: ["*"],
  assets: new Map(),
  readDemoEvents: null,
  checkHealth: () => Promise.reject(new Error("secret")),
  isStopping: () => false,
  metricsToken: null,
  isKvSuspect: () => false,
  renderMetrics: () => Promise.reject(new Error("secret")),
  describeApi: () => ({}),
  observeRequest: (route, status) => observed.push(`${route} ${status}`),
};

const SHOP = "https://shop.example";
const apps = {
  "any origin": createHttp(options),
  "for one origin": createHttp({ ...options, corsOrigins: [SHOP] }),
};

interface Asked {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** An option without effect that keeps a request off the fast path. */
const SLOW_PATH = { "trpc-batch-mode": "none" };

/** The exact status, headers, body and observations. */
async function answerBy(app: Hono<HttpEnv>, { path, body, ...init }: Asked, way = {}) {
  const length = body === null
    ? {}
    : { "content-length": String(new TextEncoder().encode(body).length) };
  observed.length = 0;
  const response = await app.request(`http://sluice.test/api/trpc/${path}`, {
    ...init,
    headers: { "x-request-id": "one", ...length, ...way, ...init.headers },
    body: init.method === "GET" || init.method === "HEAD" ? null : body,
  });
  return {
    status: response.status,
    headers: [...response.headers].toSorted(),
    body: new TextDecoder().decode(await response.arrayBuffer()),
    observed: [...observed],
  };
}

async function assertSame(asked: Asked): Promise<void> {
  for (const [name, app] of Object.entries(apps)) {
    const [short, long] = [await answerBy(app, asked), await answerBy(app, asked, SLOW_PATH)];
    assertEquals(short, long, `${name}: ${JSON.stringify(asked)}`);
  }
}

const event = fc.record({
  eventType: fc.string({ maxLength: 30 }),
  props: fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: undefined }),
  idempotencyKey: fc.option(fc.uuid(), { nil: undefined }),
}, { requiredKeys: [] });

const body = fc.oneof(
  { weight: 4, arbitrary: event.map((value) => JSON.stringify(value)) },
  {
    weight: 4,
    arbitrary: fc.array(event, { maxLength: 52 }).map((events) => JSON.stringify({ events })),
  },
  { weight: 2, arbitrary: fc.jsonValue().map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string() },
  fc.constantFrom(
    "",
    "{",
    "null",
    '"x"',
    '{"json":{}}',
    '{"0":{"eventType":"a"}}',
    "\uFEFF{}",
    null,
  ),
);

const asked: fc.Arbitrary<Asked> = fc.record({
  path: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom("eventIngestion.track", "eventIngestion.trackBatch") },
    fc.constantFrom(
      "eventIngestion.track?batch=1",
      "eventIngestion.track?",
      "eventIngestion.track?input=%7B%7D",
      "eventIngestion.track,eventIngestion.trackBatch?batch=1",
      "eventIngestion.trac%6B",
      "eventIngestion.track/",
      "eventIngestion/track",
      "eventIngestion.nothing",
      "eventIngestion.getStats",
      "eventIngestion.forceFlush",
    ),
  ),
  method: fc.oneof(
    { weight: 8, arbitrary: fc.constant("POST") },
    fc.constantFrom("GET", "PUT", "DELETE", "PATCH", "HEAD"),
  ),
  headers: fc.oneof(
    { weight: 6, arbitrary: fc.constant({ "content-type": "application/json" }) },
    fc.constantFrom<Record<string, string>>(
      {},
      { "content-type": "application/json; charset=utf-8" },
      { "content-type": "APPLICATION/JSON" },
      { "content-type": "application/jsonp" },
      { "content-type": "text/plain" },
      { "content-type": "multipart/form-data; boundary=x" },
      { "content-type": "application/json", "accept": "application/jsonl" },
      { "content-type": "application/json", "accept": "*/*" },
      { "content-type": "application/json", "trpc-accept": "application/jsonl" },
      { "content-type": "application/json", "trpc-batch-mode": "stream" },
      { "content-type": "application/json", "content-encoding": "gzip" },
      { "content-type": "application/json", "content-length": "9999999" },
      { "content-type": "application/json", "x-trpc-source": "react" },
      { "content-type": "application/json", "sec-gpc": "1", "cookie": "session=x" },
      { "content-type": "application/json", "origin": SHOP },
      { "content-type": "application/json", "origin": "https://evil.example" },
    ),
  ),
  body,
});

Deno.test("1.1 the fast path responds exactly as tRPC's adapter: status, headers and body", async () => {
  await fc.assert(fc.asyncProperty(asked, assertSame), { numRuns: 2_000 });
  assertGreater(procedures, 2_000, "too few calls reached a procedure");
});

Deno.test("1.1 both paths respond alike to every outcome", async () => {
  const headers = { "content-type": "application/json" };
  for (let length = 0; length < 2 * OUTCOME_KINDS.length; length++) {
    const event = { eventType: "x".repeat(length) };
    const post = { method: "POST", headers };
    await assertSame({ ...post, path: "eventIngestion.track", body: JSON.stringify(event) });
    const events = JSON.stringify({ events: [event, { eventType: "y" }] });
    await assertSame({ ...post, path: "eventIngestion.trackBatch", body: events });
  }
});
