import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { openClosedDatabase, refusalOf } from "../support/server.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const SHOP = "https://shop.example";
const ADMIN = "https://ops.example";
const environment = { CORS_ORIGINS: `${SHOP}, ${ADMIN}` };

const PREFLIGHT_HEADERS = "content-type,authorization,trpc-accept,idempotency-key";

/** One request for every kind of response, errors included. */
const requests: readonly [method: string, path: string, body: string | null, status: number][] = [
  ["GET", "/livez", null, 200],
  ["GET", "/metrics", null, 200],
  ["GET", "/v1/pixel.gif", null, 200],
  ["POST", "/v1/events", '{"eventType":"x"}', 200],
  ["POST", "/v1/events", "{", 400],
  ["POST", "/v1/events/batch", "{}", 400],
  ["POST", "/v1/beacon", "{", 400],
  ["POST", "/api/trpc/eventIngestion.track", '{"eventType":"y"}', 200],
  ["POST", "/api/trpc/eventIngestion.track", '{"eventType":""}', 400],
  ["POST", "/api/trpc/eventIngestion.track?", '{"eventType":"z"}', 200], // by tRPC's adapter
  ["GET", "/api/trpc/eventIngestion.getStats", null, 401],
  ["GET", "/readyz", null, 503],
  ["GET", "/nowhere", null, 404],
];

async function send(
  app: TestApp,
  [method, path, body, status]: typeof requests[number],
  headers: Record<string, string> = {},
): Promise<Headers> {
  const type: HeadersInit = body === null
    ? {}
    : { "content-type": "application/json", "content-length": String(body.length) };
  const init = { method, body, headers: { ...type, ...headers } };
  const response = await app.app.fetch(new Request(`http://sluice.test${path}`, init));
  await response.body?.cancel();
  assertEquals(response.status, status, `${method} ${path}`);
  return response.headers;
}

async function preflight(
  app: TestApp,
  path: string,
  origin: string,
  others: Record<string, string> = {},
): Promise<Response> {
  const headers = {
    ...others,
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": PREFLIGHT_HEADERS,
  };
  const url = `http://sluice.test${path}`;
  return await app.app.fetch(new Request(url, { method: "OPTIONS", headers }));
}

function words(list: string | null): string[] {
  return (list ?? "").split(",").map((word) => word.trim().toLowerCase()).sort();
}

const TRACK_PATHS = [
  "/v1/events",
  "/v1/events/batch",
  "/v1/beacon",
  "/api/trpc/eventIngestion.track",
  "/api/trpc/eventIngestion.trackBatch",
  "/api/trpc/eventIngestion.track,eventIngestion.track?batch=1",
];
/** Whatever else is called along with an event keeps foreign credentials out. */
const OTHER_PATHS = [
  "/api/trpc/eventIngestion.getStats",
  "/api/trpc/eventIngestion.forceFlush",
  "/api/trpc/admin.overview",
  "/api/trpc/eventIngestion.track,admin.overview?batch=1",
  "/api/trpc/admin.overview,eventIngestion.track?batch=1",
  "/api/trpc/eventIngestion.trackX",
  "/api/trpc/eventIngestion.track%2Cadmin.overview?batch=1",
  "/api/trpc/admin.deadLetters.replay",
  "/admin",
  "/metrics",
  "/readyz",
];

for (const path of TRACK_PATHS) {
  Deno.test(`1.9 with * any origin may request ${path}, with credentials`, async () => {
    await using app = await openTestApp(database);
    for (const origin of [SHOP, "null", "capacitor://localhost"]) {
      const { status, headers, body } = await preflight(app, path, origin);
      assertEquals([status, body], [204, null]);
      assertEquals(headers.get("access-control-allow-origin"), origin);
      assertEquals(headers.get("access-control-allow-credentials"), "true");
      assertStringIncludes(headers.get("vary") ?? "", "Origin");
      assertEquals(words(headers.get("access-control-allow-methods")), ["get", "options", "post"]);
      const allowed = words(headers.get("access-control-allow-headers"));
      assertEquals(allowed, words(PREFLIGHT_HEADERS));
      assertEquals(headers.get("access-control-max-age"), "86400");
      assertEquals(headers.get("access-control-allow-private-network"), null);
    }
  });

  Deno.test(`1.9 with a list its origins may request ${path}, with credentials`, async () => {
    await using app = await openTestApp(database, { environment });
    for (const origin of [SHOP, ADMIN]) {
      const { status, headers } = await preflight(app, path, origin);
      assertEquals(status, 204);
      assertEquals(headers.get("access-control-allow-origin"), origin);
      assertEquals(headers.get("access-control-allow-credentials"), "true");
      assertStringIncludes(headers.get("vary") ?? "", "Origin");
    }
    for (const origin of ["https://evil.example", "https://shop.example.evil.example", "null"]) {
      const { headers } = await preflight(app, path, origin);
      assertEquals(headers.get("access-control-allow-origin"), null, origin);
    }
  });
}

for (const path of OTHER_PATHS) {
  Deno.test(`1.9 with * any origin may request ${path}, without credentials`, async () => {
    await using app = await openTestApp(database);
    const { headers } = await preflight(app, path, SHOP);
    assertEquals(headers.get("access-control-allow-origin"), "*");
    assertEquals(headers.get("access-control-allow-credentials"), null);
  });
}

Deno.test("1.9 a preflight that asks for a private network gets it", async () => {
  await using app = await openTestApp(database);
  const asked = { "access-control-request-private-network": "true" };
  const { headers } = await preflight(app, "/v1/events", SHOP, asked);
  assertEquals(headers.get("access-control-allow-private-network"), "true");
});

Deno.test("1.9 with * any page may read every response and its headers", async () => {
  await using app = await openTestApp(database);
  for (const request of requests) {
    const headers = await send(app, request, { origin: SHOP });
    const takesEvents = /^\/(v1|livez|api\/trpc\/eventIngestion.track)/.test(request[1]);
    const origin = takesEvents ? SHOP : "*";
    assertEquals(headers.get("access-control-allow-origin"), origin, request.join(" "));
    const credentials = headers.get("access-control-allow-credentials");
    assertEquals(credentials, takesEvents ? "true" : null, request.join(" "));
    if (takesEvents) assertStringIncludes(headers.get("vary") ?? "", "Origin");
    const exposed = words(headers.get("access-control-expose-headers"));
    assertEquals(exposed, ["age", "date", "idempotent-replayed", "retry-after", "x-request-id"]);
  }
});

Deno.test("1.9 with a list only pages of its origins may read responses", async () => {
  await using app = await openTestApp(database, { environment });
  for (const request of requests) {
    const headers = await send(app, request, { origin: SHOP });
    assertEquals(headers.get("access-control-allow-origin"), SHOP, request.join(" "));
    assertEquals(headers.get("access-control-allow-credentials"), "true");
    const exposed = words(headers.get("access-control-expose-headers"));
    assertEquals(exposed, ["age", "date", "idempotent-replayed", "retry-after", "x-request-id"]);
    assertStringIncludes(headers.get("vary") ?? "", "Origin");
  }
  for (const request of requests) {
    if (request[0] === "POST" && request[3] === 200) continue; // would be duplicates
    const headers = await send(app, request, { origin: "https://evil.example" });
    assertEquals(headers.get("access-control-allow-origin"), null, request.join(" "));
  }
});

Deno.test("every response has the security headers of its content type", async () => {
  await using app = await openTestApp(database);
  for (const request of requests) {
    const headers = await send(app, request);
    const isJson = headers.get("content-type") === "application/json";
    const expected = {
      "content-security-policy": isJson ? null : "default-src 'none'; frame-ancestors 'none'",
      "cross-origin-opener-policy": isJson ? null : "same-origin",
      "cross-origin-resource-policy": isJson ? null : "cross-origin",
      "referrer-policy": isJson ? null : "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": isJson ? null : "DENY",
    };
    const names = Object.keys(expected);
    const given = Object.fromEntries(names.map((name) => [name, headers.get(name)]));
    assertEquals(given, expected, request.join(" "));
  }
});

Deno.test("1.22 what a GET responds with is not cached, unless it says for how long", async () => {
  await using app = await openTestApp(database);
  const gets = requests.filter(([method]) => method === "GET");
  const notAllowed: typeof requests[number] = ["GET", "/v1/events", null, 405];
  for (const request of [...gets, notAllowed]) {
    const headers = await send(app, request, { origin: SHOP });
    assertEquals(headers.get("cache-control"), "no-store", request.join(" "));
    const [, path, , status] = request;
    if (status === 405 || path.startsWith("/api/")) continue; // HEAD has another status there
    const head = await send(app, ["HEAD", path, null, status]);
    assertEquals(head.get("cache-control"), "no-store", `HEAD ${path}`);
  }
});

Deno.test("1.8 every response has a request id: the caller's or a new one", async () => {
  await using app = await openTestApp(database);
  const seen = new Set<string>();
  for (const request of requests) {
    const own = (await send(app, request)).get("x-request-id") ?? "";
    assertMatch(own, /^[0-9a-f-]{36}$/);
    seen.add(own);
    const given = await send(app, request, { "x-request-id": "trace-42_b" });
    assertEquals(given.get("x-request-id"), "trace-42_b", request.join(" "));
  }
  assertEquals(seen.size, requests.length);
});

Deno.test("1.8 a request id that is unsafe to log is replaced", async () => {
  await using app = await openTestApp(database);
  for (const bad of ["a b", '"}<script>', "x".repeat(300)]) {
    const headers = await send(app, ["GET", "/livez", null, 200], { "x-request-id": bad });
    assertNotEquals(headers.get("x-request-id"), bad);
    assertMatch(headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  }
});

Deno.test("1.11 a 404 names the request and the endpoints", async () => {
  await using app = await openTestApp(database);
  for (const path of ["/", "/v1/event", "/v1/events/x", "/%E0%A4%A"]) {
    const { status, code, message } = await refusalOf(app.get(path));
    assertEquals([status, code], [404, "NOT_FOUND"]);
    assertStringIncludes(message, "No endpoint GET /");
    const routes = [
      "POST /v1/events,",
      "POST /v1/events/batch",
      "POST /v1/beacon",
      "GET /v1/pixel.gif",
      "/api/trpc/eventIngestion.{track,trackBatch,getStats,forceFlush}",
      "GET /livez",
      "GET /readyz",
      "GET /metrics",
    ];
    for (const route of routes) assertStringIncludes(message, route);
  }
});
