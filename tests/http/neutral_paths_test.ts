import { assertEquals, assertMatch } from "../support/assert.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { isListed } from "../support/block_list.ts";
import { answerOf, openClosedDatabase } from "../support/server.ts";
import { toAsset } from "../../src/http/assets.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const HASH = "9f3a77c1d2b4e5f6";
const SCRIPT = "sluice.createAnalytics";

async function open(): Promise<TestApp> {
  const assets = new Map([["analytics.js", toAsset(SCRIPT)]]);
  return await openTestApp(database, { parts: (parts) => ({ ...parts, assets }) });
}

Deno.test("1.23 /v1/batch and /v1/exit are trackBatch and the beacon", async () => {
  await using app = await open();
  const events = [{ eventType: "a" }, { eventType: "" }];
  const { status, body } = await answerOf(app.post("/v1/batch", { events }));
  const { successful, failed } = body as { successful: number; failed: number };
  assertEquals([status, successful, failed], [200, 1, 1]);
  const exit = await app.post("/v1/exit", { events: [{ eventType: "b" }] });
  assertEquals([exit.status, await exit.text()], [204, ""]);
  assertEquals((await app.post("/v1/exit/", { eventType: "" })).status, 400);
});

Deno.test("1.23 any 16 hexadecimal digits are the name of the script, and of the pixel", async () => {
  await using app = await open();
  const { hash } = toAsset(SCRIPT);
  for (const [name, kept] of [[hash, "immutable"], [HASH, "max-age=300"]] as const) {
    const script = await app.get(`/${name}.js`);
    assertEquals([script.status, await script.text()], [200, SCRIPT]);
    assertMatch(script.headers.get("cache-control") ?? "", new RegExp(kept));
    const pixel = await app.get(`/${name}.gif?eventType=email_opened&recipient=${name}`);
    const bytes = await pixel.arrayBuffer();
    assertEquals([pixel.headers.get("content-type"), bytes.byteLength], ["image/gif", 42]);
    assertEquals(pixel.headers.get("cache-control"), "no-store");
  }
  const { body } = await answerOf(
    app.get("/api/trpc/eventIngestion.getStats", {
      authorization: `Bearer ${await app.token("ADMIN")}`,
    }),
  );
  assertEquals(
    (body as { result: { data: { bufferSize: number } } }).result.data.bufferSize,
    2,
  );
  for (const path of ["/9f3a77c1d2b4e5f.js", "/9F3A77C1D2B4E5F6.js", `/a/${HASH}.js`]) {
    const { status, body } = await app.get(path);
    await body?.cancel();
    assertEquals(status, 404, path);
  }
});

Deno.test("1.23 requests count under the documented routes", async () => {
  await using app = await open();
  await (await app.get(`/${HASH}.js`)).body?.cancel();
  await (await app.post("/v1/batch", { events: [{ eventType: "a" }] })).body?.cancel();
  const text = await (await app.get("/metrics")).text();
  for (const route of ["/analytics.js", "/v1/events/batch"]) {
    assertMatch(text, new RegExp(`sluice_request_seconds_count\\{[^}]*route="${route}"`));
  }
  assertEquals(text.includes("/v1/batch") || text.includes(HASH), false);
});

/** Where people put such a service. */
const PLACES = [
  ...["analytics", "beacon", "collector", "e", "events", "log", "metrics", "stats", "t"],
  ...["telemetry", "track", "tracking"],
].map((label) => `https://${label}.example.com`);

Deno.test("1.23 no rule of a block list for any site matches the neutral names", () => {
  const listed = PLACES.flatMap((place) =>
    ([
      ["script", `/${HASH}.js`],
      ["image", `/${HASH}.gif?eventType=email_opened&recipient=r_1`],
      ["fetch", "/v1/batch"],
      ["fetch", "/v1/exit"],
      ["fetch", "/livez?1795858200000"],
    ] as const).filter(([kind, path]) => isListed(kind, place + path))
      .map(([, path]) => place + path)
  );
  assertEquals(listed, []);
});
