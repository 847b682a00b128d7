/** Bodies that are cut off, have a wrong length or arrive byte by byte, on a real socket. */

import { BODY_MS } from "../../src/http/body.ts";
import { openTestApp } from "../support/app.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { captureLogs } from "../support/logs.ts";
import { OLD_DENO } from "../support/old_deno.ts";
import { connectRaw, rawRequest, type RawSocket } from "../support/raw_socket.ts";
import { openClosedDatabase, serve } from "../support/server.ts";
import { until } from "../support/until.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const TRACK = "/api/trpc/eventIngestion.track";
const ROUTES = [
  "/v1/events",
  "/v1/events/batch",
  "/v1/beacon",
  TRACK,
  "/api/trpc/eventIngestion.trackBatch",
  `${TRACK}?batch=1`,
  "/api/trpc/eventIngestion.forceFlush",
];
const JSON_TYPE = { "content-type": "application/json" };
const EVENT = '{"eventType":"page_viewed"}';

/** At `shutdown`, old versions do not close a connection whose request was not read to the end. */
const CLOSES_UNREAD = !OLD_DENO;

function portOf({ url }: { url: string }): number {
  return Number(new URL(url).port);
}

for (const path of ROUTES) {
  Deno.test(`2.11 a body that arrives too slowly is answered with 408: ${path}`, async () => {
    const clock = new FakeClock(Date.now());
    await using app = await openTestApp(database, { parts: (parts) => ({ ...parts, clock }) });
    const server = serve(app.app);
    await using _ = server;
    using socket = await connectRaw(portOf(server));
    const head = { ...JSON_TYPE, "content-length": "1000" };
    const before = clock.pending;
    assert(await socket.send(rawRequest("POST", path, head, '{"events')));
    await until(() => clock.pending > before, "the deadline of the body");
    await clock.advance(BODY_MS - 1);
    assert(await socket.send(":"));
    assertEquals(socket.answer, "");
    await clock.advance(1);
    assertEquals(await socket.status(), 408);
    if (CLOSES_UNREAD) assertStringIncludes(socket.answer.toLowerCase(), "connection: close");
    assertStringIncludes(socket.answer, "within 30 s");
  });

  Deno.test(`11.14 a body that is cut off is answered with 408 and not logged as an error: ${path}`, async () => {
    await using logs = await captureLogs();
    await using app = await openTestApp(database);
    const server = serve(app.app);
    await using _ = server;
    const port = portOf(server);
    for (const framing of [{ "content-length": "1000" }, { "transfer-encoding": "chunked" }]) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      const text = rawRequest("POST", path, { ...JSON_TYPE, ...framing }, "9\r\n{");
      await connection.write(new TextEncoder().encode(text));
      await connection.closeWrite(); // but keeps reading
      const answer = await new Response(connection.readable).text();
      assertStringIncludes(answer, "HTTP/1.1 408 ");
      assertStringIncludes(answer, "incomplete");
    }
    assertEquals(logs.of("error").length, 0);
  });
}

Deno.test("200 clients that send their bodies byte by byte do not delay other clients", async () => {
  const clock = new FakeClock(Date.now());
  await using app = await openTestApp(database, { parts: (parts) => ({ ...parts, clock }) });
  const server = serve(app.app);
  using sockets = new DisposableStack();
  const slow = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const socket = sockets.use(await connectRaw(portOf(server)));
      const path = ROUTES[i % ROUTES.length] ?? TRACK;
      await socket.send(rawRequest("POST", path, { ...JSON_TYPE, "content-length": "1000" }, "{"));
      return socket;
    }),
  );
  await until(() => server.requests.length >= slow.length, "all requests to arrive");
  for (let n = 0; n < 20; n++) {
    await Promise.all(slow.map((socket) => socket.send(" ")));
    const response = await fetch(`${server.url}/v1/events`, {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify({ eventType: `good_${n}` }),
    });
    assertEquals(await response.json(), { eventId: null, tracked: true });
  }
  await clock.advance(BODY_MS);
  assertEquals(new Set(await Promise.all(slow.map((socket) => socket.status()))), new Set([408]));
  if (!CLOSES_UNREAD) sockets.dispose();
  await server[Symbol.asyncDispose]();
  await until(() => slow.every(({ ended }) => ended), "the end of all connections");
});

Deno.test("an invalid Host header loses no event and is not logged as an error", async () => {
  await using logs = await captureLogs();
  await using app = await openTestApp(database);
  const server = serve(app.app);
  await using _ = server;
  const body = { ...JSON_TYPE, "content-length": String(EVENT.length) };
  for (const host of ["[", "a b:99999999", "%zz<>"]) {
    const requests: readonly [string, number][] = [
      [rawRequest("GET", "/v1/pixel.gif?eventType=email_opened", { host }), 200],
      [rawRequest("GET", "/livez", { host }), 200],
      [rawRequest("GET", "/nowhere", { host }), 404],
      [rawRequest("POST", "/v1/events", { host, ...body }, EVENT), 200],
      [rawRequest("POST", TRACK, { host, ...body }, EVENT), 200],
      [rawRequest("POST", TRACK, { host, ...body }, EVENT.replace("{", "[")), 400],
      [rawRequest("GET", "/api/trpc/eventIngestion.getStats", { host }), 400],
      [rawRequest("POST", `${TRACK}?batch=1`, { host, ...body }, EVENT), 400],
    ];
    for (const [text, status] of requests) {
      using socket = await connectRaw(portOf(server));
      await socket.send(text);
      assertEquals(await socket.status(), status, text);
    }
  }
  assertEquals(logs.of("error").length, 0);
});

Deno.test("a thousand idle connections do not affect other clients, and end with the service", async () => {
  await using app = await openTestApp(database);
  const server = serve(app.app);
  using sockets = new DisposableStack();
  const idle: RawSocket[] = [];
  for (let n = 0; n < 1_000; n++) {
    const socket = sockets.use(await connectRaw(portOf(server)));
    // Some send nothing, some stop within a header, some have received a response.
    if (n % 3 === 1) await socket.send("GET /livez HTTP/1.1\r\nhost: sl");
    if (n % 3 === 2) await socket.send(rawRequest("GET", "/livez"));
    idle.push(socket);
  }
  for (let n = 0; n < 20; n++) {
    const response = await fetch(`${server.url}/v1/events`, {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify({ eventType: `good_${n}` }),
    });
    assertEquals(await response.json(), { eventId: null, tracked: true });
  }
  if (!CLOSES_UNREAD) sockets.dispose();
  await server[Symbol.asyncDispose]();
  await until(() => idle.every(({ ended }) => ended), "the end of all connections");
});
