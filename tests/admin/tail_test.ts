import { MAX_TAILS } from "../../src/admin/tail.ts";
import type { Database } from "../../src/store/database.ts";
import { revokeApiKey } from "../../src/store/api_keys.ts";
import { createKey } from "../support/api_keys.ts";
import { openTestApp } from "../support/app.ts";
import { assertEquals, assertLess, assertStringIncludes } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { asAdmin } from "../support/server.ts";
import { sseEvents } from "../support/sse.ts";
import { newId } from "../support/ids.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

/** Counts the queries of admins. */
function counting(database: Database): { database: Database; queries: () => number } {
  let queries = 0;
  const counted = new Proxy(database, {
    get(target, name) {
      if (name === "run") queries += 1;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { database: counted, queries: () => queries };
}

Deno.test("9.12 viewers of one filter share a look, and each sees every event once", async () => {
  const { database, queries } = counting(postgres.database);
  await using app = await openTestApp(postgres.database, {
    parts: (parts) => ({ ...parts, adminDatabase: database }),
  });
  const sessionId = newId();
  const input = encodeURIComponent(JSON.stringify({ sessionId }));
  const headers = await asAdmin(app);
  const seen = Array.from({ length: MAX_TAILS }, () => [] as string[]);
  const streams = await Promise.all(
    seen.map(() => app.get(`/api/trpc/admin.tail?input=${input}`, headers)),
  );
  const reading = streams.map(async (stream, i) => {
    for await (const { event, data } of sseEvents(stream)) {
      if (event === "message") {
        seen[i]?.push(...JSON.parse(data).events.map((e: { eventType: string }) => e.eventType));
      }
    }
  });
  const startedAt = performance.now();
  const types = ["one", "two", "three", "four"];
  for (const [n, eventType] of types.entries()) {
    await app.post("/v1/events", { eventType, sessionId });
    await until(() => seen.every(({ length }) => length > n), `event ${n} in every tail`);
  }
  const looks = 2 + (performance.now() - startedAt) / 500;
  assertLess(queries(), 2 * looks + 10);
  assertEquals(seen, seen.map(() => types));

  const more = await app.get("/api/trpc/admin.tail?input=%7B%7D", headers);
  const events = await Array.fromAsync(sseEvents(more));
  const error = events.find(({ event }) => event === "serialized-error");
  assertStringIncludes(error?.data ?? "", "TOO_MANY_REQUESTS");
  assertStringIncludes(error?.data ?? "", "already serves 20 live tails");

  app.app.endStreams();
  await Promise.all(reading);
});

Deno.test("9.12 a tail that ends makes room for another", async () => {
  await using app = await openTestApp(postgres.database);
  const headers = await asAdmin(app);
  async function followOne(): Promise<string[]> {
    const sessionId = newId();
    const input = encodeURIComponent(JSON.stringify({ sessionId }));
    const response = await app.get(`/api/trpc/admin.tail?input=${input}`, headers);
    await app.post("/v1/events", { eventType: "x", sessionId });
    const names: string[] = [];
    for await (const { event } of sseEvents(response)) {
      names.push(event);
      if (event === "message" || event === "serialized-error") break;
    }
    return names;
  }
  for (let time = 0; time < 2; time++) {
    const all = await Promise.all(Array.from({ length: MAX_TAILS }, followOne));
    for (const names of all) assertEquals(names.at(-1), "message");
  }
});

Deno.test("9.12 a tail ends soon after its key was revoked elsewhere", async () => {
  const { database } = postgres;
  await using app = await openTestApp(database);
  const { id, key } = await createKey(database, { scopes: ["read"] });
  const sessionId = newId();
  const input = encodeURIComponent(JSON.stringify({ sessionId }));
  const stream = await app.get(`/api/trpc/admin.tail?input=${input}`, { "x-api-key": key });
  const seen: { event: string; data: string }[] = [];
  let hasEnded = false;
  const reading = (async () => {
    for await (const event of sseEvents(stream)) seen.push(event);
    hasEnded = true;
  })();
  const isShown = () => seen.some(({ event }) => event === "message");
  await until(async () => {
    await app.post("/v1/events", { eventType: `before_${newId()}`, sessionId });
    return isShown();
  }, "an event in the tail");
  await database.run((sql) => revokeApiKey(sql, id));
  try {
    await until(async () => {
      await app.post("/v1/events", { eventType: `after_${newId()}`, sessionId });
      return hasEnded;
    }, "the end of the tail");
  } finally {
    app.app.endStreams();
  }
  await reading;
  const error = seen.find(({ event }) => event === "serialized-error")?.data ?? "";
  assertStringIncludes(error, "UNAUTHORIZED");
  assertStringIncludes(error, "is revoked");
});
