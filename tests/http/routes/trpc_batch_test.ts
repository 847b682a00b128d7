import { createTRPCClient, httpBatchLink, httpBatchStreamLink } from "@trpc/client";
import type { AppRouter } from "../../../src/trpc/app_router.ts";
import { openTestApp } from "../../support/app.ts";
import { assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { asAdmin, openClosedDatabase, serve } from "../../support/server.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const TOO_MANY = "A request must have at most 50 calls that track, or 10 others; " +
  "set maxItems of the batch link";

/** The path of a request with many calls. */
function paths(procedure: string, count: number): string {
  return `/api/trpc/${Array(count).fill(procedure).join(",")}?batch=1`;
}

const inputs = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [i, { eventType: `call_${i}` }]));

Deno.test("1.14 a request makes at most 50 calls that track, or 10 others", async () => {
  await using app = await openTestApp(database);
  const admin = await asAdmin(app);
  const posted: [procedure: string, count: number, status: number][] = [
    ["eventIngestion.track", 50, 200],
    ["eventIngestion.track", 51, 413],
    ["eventIngestion.track", 10_000, 413],
    ["eventIngestion.trackBatch", 51, 413],
    ["eventIngestion.forceFlush", 11, 413],
    ["eventIngestion.nothing", 11, 413],
    ["eventIngestion.nothing", 10_000, 413],
    ["eventIngestion.trackBatches", 11, 413],
    ["x", 11, 413],
    ["", 11, 413],
    [",", 11, 413],
  ];
  for (const [procedure, count, status] of posted) {
    const response = await app.post(paths(procedure, count), inputs(count), admin);
    const body = await response.json();
    assertEquals([procedure, count, response.status], [procedure, count, status]);
    if (status === 413) assertEquals(body.error.message, TOO_MANY);
  }
  for (const [count, status] of [[10, 200], [11, 413]] as const) {
    const response = await app.get(paths("eventIngestion.getStats", count), admin);
    await response.body?.cancel();
    assertEquals([count, response.status], [count, status]);
  }
  for (const comma of ["%2C", "%2c"]) {
    const path = `/api/trpc/${Array(11).fill("eventIngestion.getStats").join(comma)}?batch=1`;
    const response = await app.get(path, admin);
    await response.body?.cancel();
    assertEquals([comma, response.status], [comma, 413]);
  }
  const mixed = `/api/trpc/${"eventIngestion.track,".repeat(10)}eventIngestion.forceFlush?batch=1`;
  const response = await app.post(mixed, inputs(10), admin);
  await response.body?.cancel();
  assertEquals(response.status, 413);
});

for (const link of [httpBatchLink, httpBatchStreamLink]) {
  Deno.test(`1.14 ${link.name} rejects each of 51 calls with the reason, and splits them with maxItems`, async () => {
    await using app = await openTestApp(database);
    await using server = serve(app.app);
    const url = `${server.url}/api/trpc`;
    const track51 = async (maxItems: number) => {
      const client = createTRPCClient<AppRouter>({ links: [link({ url, maxItems })] });
      const calls = Array.from(
        { length: 51 },
        (_, i) => client.eventIngestion.track.mutate({ eventType: `call_${i}` }),
      );
      return await Promise.allSettled(calls);
    };
    const all = await track51(Infinity);
    assertEquals(new Set(all.map(({ status }) => status)), new Set(["rejected"]));
    const [first] = all;
    assertStringIncludes(String(first?.status === "rejected" && first.reason), TOO_MANY);
    const split = await track51(50);
    assertEquals(new Set(split.map(({ status }) => status)), new Set(["fulfilled"]));
  });
}
