/** Sends 10,000 malformed requests to every endpoint: no 500, none hangs, and the counters reconcile. */

import { openTestApp, type TestApp } from "../support/app.ts";
import { assertEquals } from "../support/assert.ts";
import { startReconciliation } from "../support/reconciliation.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { asAdmin } from "../support/server.ts";
import { makeMalformed, type Malformed, type Route } from "./malformed.ts";
import { Random, SEED } from "./random.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

// Endpoints do not depend on the kind of Postgres, so the full number runs on the embedded one only.
const REQUESTS = Deno.env.has("TEST_DATABASE_URL") ? 1_000 : 10_000;
const AT_ONCE = 200;

function event(n: number): Record<string, unknown> {
  return {
    eventType: "asset_viewed",
    source: "web",
    entityType: "asset",
    entityId: "ckv3x9d2a0000qzrmn831i7rn",
    sessionId: "5f0c3b1e-6f5a-4d7e-9d55-0d8f6f0a9c11",
    idempotencyKey: `${crypto.randomUUID().slice(0, 24)}${String(n).padStart(12, "0")}`,
    props: { view_duration_ms: n, url: "https://shop.example/", nested: { list: [1, "two"] } },
    attribution: { utmSource: "mail", referrer: "https://mail.example/", landingPage: "" },
  };
}

function flat(n: number): Record<string, unknown> {
  const { props: _, attribution: __, ...fields } = event(n);
  return { ...fields, utm_source: "mail", view_duration_ms: "5" };
}

const batch = (n: number) => ({ events: [event(n), event(n + 1)] });
const nothing = () => ({});
const TRPC = "/api/trpc/eventIngestion";

const ROUTES: readonly Route[] = [
  { name: "track", method: "POST", path: `${TRPC}.track`, valid: event },
  {
    name: "track, batched",
    method: "POST",
    path: `${TRPC}.track,eventIngestion.trackBatch?batch=1`,
    valid: (n) => ({ 0: event(n), 1: batch(n) }),
  },
  { name: "trackBatch", method: "POST", path: `${TRPC}.trackBatch`, valid: batch },
  { name: "getStats", method: "GET", path: `${TRPC}.getStats`, valid: () => ({ input: "{}" }) },
  {
    name: "queries, batched",
    method: "GET",
    path: `${TRPC}.getStats,eventIngestion.getStats`,
    valid: () => ({ batch: "1", input: '{"0":{},"1":{}}' }),
  },
  { name: "forceFlush", method: "POST", path: `${TRPC}.forceFlush`, valid: nothing },
  {
    name: "any path of tRPC",
    method: "POST",
    path: "/api/trpc/__proto__.constructor,toString,%00?batch=1",
    valid: event,
  },
  { name: "/v1/events", method: "POST", path: "/v1/events", valid: event },
  { name: "/v1/events/batch", method: "POST", path: "/v1/events/batch", valid: batch },
  { name: "/v1/beacon", method: "POST", path: "/v1/beacon", valid: batch },
  { name: "/v1/pixel.gif", method: "GET", path: "/v1/pixel.gif", valid: flat },
  { name: "/analytics.js", method: "GET", path: "/analytics.js", valid: () => ({ v: "1" }) },
  { name: "/livez", method: "GET", path: "/livez", valid: nothing },
  { name: "/readyz", method: "GET", path: "/readyz", valid: nothing },
  { name: "/metrics", method: "GET", path: "/metrics", valid: nothing },
  { name: "an unknown path", method: "POST", path: "/%ff/../nowhere", valid: event },
];

/** Sends a request, reads the whole response and returns its status. */
async function send(app: TestApp, { method, path, headers, body }: Malformed): Promise<number> {
  const bodiless = method === "GET" || method === "HEAD";
  const request = new Request(`http://sluice.test${path}`, {
    method,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    body: bodiless ? null : body,
  });
  const response = await app.app.fetch(request);
  await response.arrayBuffer();
  return response.status;
}

for (const [d, route] of ROUTES.entries()) {
  Deno.test(`${REQUESTS} malformed requests to ${route.name}: no 500, none hangs, nothing is lost`, async () => {
    await using logs = await captureLogs();
    await using app = await openTestApp(database, { environment: { ENABLE_ENRICHMENT: "false" } });
    const reconciliation = await startReconciliation(app, database);
    const admin = Object.entries(await asAdmin(app));
    for (let from = 0; from < REQUESTS; from += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, async (_, i) => {
        const n = from + i;
        const made = makeMalformed(route, n, new Random(SEED + d * REQUESTS + n));
        // Half of them as an admin, to get past authorization.
        const request = n % 2 === 0 ? made : {
          ...made,
          headers: [...admin, ...made.headers.filter(([name]) => name !== "authorization")],
        };
        const status = await send(app, request).catch(String);
        if (typeof status === "string" || status >= 500) {
          throw new Error(`${status} for request ${n} of HOSTILE_SEED=${SEED}: ${shown(request)}`);
        }
      }));
    }
    const good = await app.post("/v1/events", { eventType: "after_the_storm" });
    assertEquals(await good.json(), { eventId: null, tracked: true });
    await reconciliation.finish();
    const errors = logs.of("error").map(({ properties }) => properties);
    // Each KV here is new to a Postgres that has rows, which is said once (contract 11.10).
    const unexpected = errors.filter(({ id, rows }) => id === undefined || rows === undefined);
    assertEquals(unexpected, [], `HOSTILE_SEED=${SEED}`);
    assertEquals(Object.keys(Object.prototype), []);
    assertEquals(({} as Record<string, unknown>)["polluted"], undefined);
  });
}

function shown({ method, path, headers, body }: Malformed): string {
  const text = new TextDecoder().decode(body ?? new Uint8Array());
  return JSON.stringify({ method, path, headers, body: text }).slice(0, 2_000);
}
