import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { answerOf, openClosedDatabase, refusalOf } from "../support/server.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const GETS = "GET, HEAD, OPTIONS";
const POSTS = "POST, OPTIONS";

const endpoints: readonly (readonly [path: string, allow: string])[] = [
  ["/v1/events", POSTS],
  ["/v1/events/batch", POSTS],
  ["/v1/beacon", POSTS],
  ["/v1/pixel.gif", GETS],
  ["/analytics.js", GETS],
  ["/admin", GETS],
  ["/admin/dashboard.js", GETS],
  ["/admin/sign-in", POSTS],
  ["/admin/sign-out", POSTS],
  ["/livez", GETS],
  ["/readyz", GETS],
  ["/metrics", GETS],
  ["/api/trpc/eventIngestion.track", "GET, HEAD, POST, OPTIONS"],
];

async function send(app: TestApp, method: string, path: string): Promise<Response> {
  return await app.app.fetch(new Request(`http://sluice.test${path}`, { method }));
}

for (const [path, allow] of endpoints) {
  Deno.test(`1.19 ${path} names its methods in a 405 and to OPTIONS`, async () => {
    await using app = await openTestApp(database);
    const accepted = allow.split(", ");
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"]) {
      if (accepted.includes(method)) continue;
      const response = await send(app, method, path);
      assertEquals(response.headers.get("allow"), allow, method);
      const { status, code, message } = await refusalOf(response);
      assertEquals([status, code], [405, "METHOD_NOT_SUPPORTED"]);
      assertEquals(message, `${path} does not accept ${method}, but ${allow}`);
    }
    const options = await send(app, "OPTIONS", path);
    assertEquals([options.status, options.headers.get("allow")], [204, allow]);
    if (!accepted.includes("HEAD")) {
      const head = await send(app, "HEAD", path);
      assertEquals([head.status, head.headers.get("allow")], [405, allow]);
      assertEquals(await head.text(), "");
    }
  });

  Deno.test(`1.20 ${path} may end with a slash, and REST have doubled ones`, async () => {
    await using app = await openTestApp(database);
    const method = allow.startsWith("GET,") ? "GET" : "POST";
    const { status } = await discard(await send(app, method, path));
    const doubled = path.startsWith("/api/") ? [] : [`/${path}`, path.replace(/(?!^)\//, "//")];
    for (const same of [`${path}/`, `${path}/?x=1`, ...doubled]) {
      assertEquals((await discard(await send(app, method, same))).status, status, same);
    }
  });
}

async function discard(response: Response): Promise<Response> {
  await response.body?.cancel();
  return response;
}

Deno.test("1.20 an event sent to a path with a slash is tracked, by REST and by tRPC", async () => {
  await using app = await openTestApp(database);
  const event = () => ({ eventType: "page_viewed", sessionId: crypto.randomUUID() });
  const tracked = { eventId: null, tracked: true };
  for (const path of ["/v1/events/", "//v1/events", "/v1//events/"]) {
    assertEquals((await answerOf(app.post(path, event()))).body, tracked, path);
  }
  assertEquals((await app.post("/v1/beacon/", event())).status, 204);
  const batch = await answerOf(app.post("/v1/events/batch/", { events: [event()] }));
  assertEquals(batch.status, 200);
  const trpc = await answerOf(app.post("/api/trpc/eventIngestion.track/", event()));
  assertEquals(trpc.body, { result: { data: tracked } });
});

Deno.test("1.19 HEAD responds like GET, without a body; the pixel tracks nothing", async () => {
  await using app = await openTestApp(database);
  for (const path of ["/livez", "/metrics", "/admin", "/v1/pixel.gif?eventType=x"]) {
    const [get, head] = [await send(app, "GET", path), await send(app, "HEAD", path)];
    await get.body?.cancel();
    assertEquals(head.status, get.status);
    assertEquals(head.headers.get("content-type"), get.headers.get("content-type"));
    assertEquals(await head.text(), "");
  }
});

Deno.test("1.19 a mutation of tRPC by GET is 405 with Allow", async () => {
  await using app = await openTestApp(database);
  const response = await send(app, "GET", "/api/trpc/eventIngestion.track?input=%7B%7D");
  assertEquals([response.status, response.headers.get("allow")], [405, POSTS]);
  assertStringIncludes(await response.text(), "METHOD_NOT_SUPPORTED");
});

Deno.test("1.11 an unknown path is 404 with any method", async () => {
  await using app = await openTestApp(database);
  for (const method of ["GET", "POST", "DELETE"]) {
    for (const path of ["/", "/v1", "/v1/event", "/v1/events/x", "/livez/x"]) {
      const { status, code, message } = await refusalOf(send(app, method, path));
      assertEquals([status, code], [404, "NOT_FOUND"]);
      assertStringIncludes(message, `No endpoint ${method} ${path}`);
    }
  }
});
