import { adminClient, poison } from "../support/admin.ts";
import { openTestApp } from "../support/app.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { newId } from "../support/ids.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

Deno.test("a dead letter has its event, its time and the error of Postgres", async () => {
  await using app = await openTestApp(database);
  const eventId = await poison(app, database);
  const { deadLetters } = await adminClient(app).admin.deadLetters.list.query({});
  const deadLetter = deadLetters.find((deadLetter) => deadLetter.eventId === eventId);
  assertEquals([deadLetter?.eventType, deadLetter?.step, deadLetter?.sqlstate], [
    "poison",
    "flush",
    "23514",
  ]);
  assertStringIncludes(deadLetter?.reason ?? "", "no_poison");
  assertMatch(deadLetter?.deadAt ?? "", /^20\d\d-.*Z$/);
  assertEquals(deadLetter?.replayedAt, null);
});

Deno.test("dead letters are listed in pages, last rejected first, each once", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const made = [];
  for (let i = 0; i < 5; i++) made.unshift(await poison(app, database));
  const listed: string[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 50; pages++) {
    const page = await admin.deadLetters.list.query({ limit: 2, ...(cursor ? { cursor } : {}) });
    listed.push(...page.deadLetters.map(({ eventId }) => eventId));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  assertEquals(listed.slice(0, 5), made);
  assertEquals(new Set(listed).size, listed.length);
});

Deno.test("9.9 discarded dead letters are deleted, and replaying one returns `unknown`", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const eventId = await poison(app, database);
  const eventIds = [eventId, newId()];
  assertEquals(await admin.deadLetters.discard.mutate({ eventIds }), { discarded: 1 });
  const { results } = await admin.deadLetters.replay.mutate({ deadLetters: [{ eventId }] });
  assertEquals(results[0]?.result, "unknown");
  assertEquals((await admin.receipt.query({ eventId })).state, "unknown");
});
