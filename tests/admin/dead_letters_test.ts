import { adminClient, poison } from "../support/admin.ts";
import { openTestApp } from "../support/app.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { openDoorsPostgres } from "../support/server.ts";
import { newId } from "../support/ids.ts";

const postgres = await openDoorsPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

Deno.test("a dead letter tells its event, its time and Postgres' reason", async () => {
  await using app = await openTestApp(database);
  const eventId = await poison(app, database);
  const { letters } = await adminClient(app).admin.deadLetters.list.query({});
  const letter = letters.find((letter) => letter.eventId === eventId);
  assertEquals([letter?.eventType, letter?.step, letter?.sqlstate], ["poison", "flush", "23514"]);
  assertStringIncludes(letter?.reason ?? "", "no_poison");
  assertMatch(letter?.deadAt ?? "", /^20\d\d-.*Z$/);
  assertEquals(letter?.replayedAt, null);
});

Deno.test("letters are listed in pages, the last refused first, each once", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const made = [];
  for (let i = 0; i < 5; i++) made.unshift(await poison(app, database));
  const listed: string[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 50; pages++) {
    const page = await admin.deadLetters.list.query({ limit: 2, ...(cursor ? { cursor } : {}) });
    listed.push(...page.letters.map(({ eventId }) => eventId));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  assertEquals(listed.slice(0, 5), made);
  assertEquals(new Set(listed).size, listed.length);
});

Deno.test("discarded letters are gone, and unknown ones are said to be unknown", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const eventId = await poison(app, database);
  const eventIds = [eventId, newId()];
  assertEquals(await admin.deadLetters.discard.mutate({ eventIds }), { discarded: 1 });
  const { results } = await admin.deadLetters.replay.mutate({ letters: [{ eventId }] });
  assertEquals(results[0]?.result, "unknown");
  assertEquals((await admin.receipt.query({ eventId })).state, "unknown");
});
