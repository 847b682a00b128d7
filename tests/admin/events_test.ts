import { createApp } from "../../src/app.ts";
import type { OpenedParts } from "../../src/app.ts";
import { idAt, readIdTime } from "../../src/events/id.ts";
import { COLUMNS, EMPTY_CONTEXT, joinLine } from "../../src/events/line.ts";
import { segmentKey, SEGMENTS } from "../../src/kv/keys.ts";
import { pack, SEGMENT_FORMAT } from "../../src/kv/segment.ts";
import { adminClient } from "../support/admin.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assert, assertEquals, assertGreater, assertLess } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { asAdmin, forceFlush, openClosedDatabase } from "../support/server.ts";
import { sseEvents } from "../support/sse.ts";
import { newId } from "../support/ids.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

/** The columns of a row, in their order. */
const NO_ROW = Object.fromEntries(COLUMNS.map((name) => [name, null]));

async function track(app: TestApp, eventTypes: readonly string[], more: object = {}) {
  for (const eventType of eventTypes) {
    const { status } = await app.post("/v1/events", { eventType, ...more });
    assertEquals(status, 200);
  }
}

Deno.test("9.2 the newest events are listed page by page, buffered or stored, each once", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const sessionId = newId();
  await track(app, ["a", "b", "c"], { sessionId });
  await forceFlush(app);
  await track(app, ["d", "e"], { sessionId });
  const seen: string[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await admin.recentEvents.query({ sessionId, limit: 2, ...(cursor && { cursor }) });
    seen.push(...page.events.map(({ eventType, state }) => `${eventType} ${state}`));
    cursor = page.nextCursor;
  }
  assertEquals(seen, ["e buffered", "d buffered", "c stored", "b stored", "a stored"]);
});

Deno.test("a buffered segment of a newer version is left out of the list", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const sessionId = newId();
  await track(app, ["a"], { sessionId });
  const newer = new Uint8Array([SEGMENT_FORMAT + 1, 0x7b, 0x7d, 0x0a]);
  await app.kv.set(segmentKey(newId()), newer);
  const { events } = await admin.recentEvents.query({ sessionId });
  assertEquals(events.map(({ eventType }) => eventType), ["a"]);
});

Deno.test("9.13 buffered events with damaged columns are listed, found and followed", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const damages = [null, "", "yesterday", "+280000-01-01T00:00:00Z", 5, true, [1], { a: {} }, "x"];
  const ids: string[] = [];
  const lines = damages.flatMap((damage) =>
    COLUMNS.slice(1).map((name) => {
      const id = newId();
      ids.push(id);
      const at = new Date().toISOString();
      const row = { id, occurred_at: at, received_at: at, event_type: "damaged", source: "web" };
      const values = Object.entries({ ...NO_ROW, ...row, [name]: damage }).map(([, value]) =>
        value
      );
      return joinLine(JSON.stringify(values), EMPTY_CONTEXT);
    })
  );
  const sessionId = newId();
  for (const { bytes } of pack(lines)) await app.kv.set(segmentKey(newId()), bytes);
  const { events } = await admin.recentEvents.query({ limit: 200 });
  const buffered = events.filter(({ state }) => state === "buffered");
  assertEquals(new Set(buffered.map(({ eventId }) => eventId)), new Set(ids));
  assertEquals((await admin.recentEvents.query({ sessionId, userId: "u" })).events, []);
  for (const eventId of ids) {
    assertEquals((await admin.receipt.query({ eventId })).state, "buffered");
  }
  const { types } = await follow(app, { lastEventId: idAt(readIdTime(ids[0] ?? "")) }, ["damaged"]);
  assertGreater(types.length, 0);
  for await (const { key } of app.kv.list({ prefix: SEGMENTS })) await app.kv.delete(key);
});

Deno.test("events are filtered by type, session and user, whether buffered or stored", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const type = `type_${crypto.randomUUID()}`;
  const sessionId = newId();
  await track(app, [type, "another"], { sessionId });
  const authorization = `Bearer ${await app.token("CREATOR", sessionId)}`;
  await app.post("/v1/events", { eventType: "mine" }, { authorization });
  for (const state of ["buffered", "stored"]) {
    const types = async (filter: object) =>
      (await admin.recentEvents.query(filter)).events
        .map((event) => [event.eventType, event.state]);
    assertEquals(await types({ type }), [[type, state]]);
    assertEquals(await types({ sessionId }), [["another", state], [type, state]]);
    assertEquals(await types({ userId: sessionId }), [["mine", state]]);
    assertEquals(await types({ userId: sessionId, type }), []);
    await forceFlush(app);
  }
});

/** Follows the tail until it has shown all `wanted` types. @returns the types shown and the last id */
async function follow(app: TestApp, input: object, wanted: readonly string[]) {
  const stop = new AbortController();
  const query = encodeURIComponent(JSON.stringify(input));
  const response = await app.app.fetch(
    new Request(`http://sluice.test/api/trpc/admin.tail?input=${query}`, {
      headers: await asAdmin(app),
      signal: stop.signal,
    }),
  );
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  const types: string[] = [];
  let lastId = "";
  for await (const { id, data } of sseEvents(response)) {
    if (id === undefined) continue;
    lastId = id;
    for (const { eventType } of JSON.parse(data).events) types.push(eventType);
    if (wanted.every((type) => types.includes(type))) break;
  }
  stop.abort();
  return { types, lastId };
}

Deno.test("9.3 the tail shows events accepted by this and another process, each once", async () => {
  const opened: OpenedParts[] = [];
  await using app = await openTestApp(database, {
    parts(parts) {
      opened.push(parts);
      return parts;
    },
  });
  const [parts] = opened;
  assert(parts !== undefined);
  const other = createApp(parts);
  await using _ = { [Symbol.asyncDispose]: () => other.drain(5_000) };
  const sessionId = newId();
  const following = follow(app, { sessionId }, ["here", "there", "flushed"]);
  await track(app, ["here", "flushed"], { sessionId });
  const there = { eventType: "there", sessionId };
  await other.fetch(
    new Request("http://sluice.test/v1/events", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(there),
    }),
  );
  await forceFlush(app);
  const { types, lastId } = await following;
  assertEquals(types.toSorted(), ["flushed", "here", "there"]);
  assertLess(Math.abs(readIdTime(lastId) - Date.now()), 30_000);

  await track(app, ["later"], { sessionId });
  const resumed = await follow(app, { sessionId, lastEventId: lastId }, ["later"]);
  assert(resumed.types.includes("later"), "it resumes");
});

Deno.test("9.1 the tail still shows accepted events while Postgres is unavailable", async () => {
  await using app = await openTestApp(openClosedDatabase());
  const sessionId = newId();
  const following = follow(app, { sessionId }, ["one", "two"]);
  await track(app, ["one", "two"], { sessionId });
  assertEquals((await following).types.toSorted(), ["one", "two"]);
});

Deno.test("a tail ends when the service stops", async () => {
  let following: Promise<unknown>;
  {
    await using app = await openTestApp(database);
    const sessionId = newId();
    await track(app, ["first"], { sessionId });
    following = follow(app, { sessionId }, ["first", "never"]);
    await app.post("/v1/events", { eventType: "second", sessionId });
  }
  await following;
});
