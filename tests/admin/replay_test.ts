import { readBalance } from "../../src/kv/counter.ts";
import { deadLetterContextKey, SEGMENTS } from "../../src/kv/keys.ts";
import { setTexts } from "../../src/kv/text.ts";
import { adminClient, poison, refusePoison } from "../support/admin.ts";
import { insertDeadLetters } from "../../src/store/dead_letters.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { keysUnder } from "../support/kv.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush } from "../support/server.ts";
import { until } from "../support/until.ts";
import { newId } from "../support/ids.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

async function rowsOf(id: string): Promise<{ event_type: string }[]> {
  return await database.run(async (sql) => [
    ...await sql<{ event_type: string }[]>`select event_type from events where id = ${id}`,
  ]);
}

/** Checks that the counters reconcile. @returns the counter of dead letters */
async function countDeadLetters(app: TestApp): Promise<number> {
  const { accepted, stored, replays, buffered, dead_letters } = await readBalance(app.kv);
  assertEquals(accepted, stored + replays + buffered + dead_letters);
  return dead_letters;
}

Deno.test("9.5 a replayed dead letter becomes a row under its own id, once, however often it is replayed", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const eventId = await poison(app, database);
  assertEquals(await countDeadLetters(app), 1);
  const answers = await Promise.all(
    Array.from(
      { length: 5 },
      () => admin.deadLetters.replay.mutate({ deadLetters: [{ eventId }] }),
    ),
  );
  const results = answers.map(({ results }) => results[0]?.result).sort();
  assertEquals(results, [...Array(4).fill("already_replayed"), "replayed"]);
  assertEquals(await countDeadLetters(app), 0);
  await forceFlush(app);
  assertEquals((await rowsOf(eventId)).length, 1);
  const waiting = await admin.deadLetters.list.query({});
  assert(waiting.deadLetters.every((deadLetter) => deadLetter.eventId !== eventId));
  const replayed = await admin.deadLetters.list.query({ state: "replayed" });
  assert(
    replayed.deadLetters.some((deadLetter) =>
      deadLetter.eventId === eventId && deadLetter.replayedAt
    ),
  );
});

Deno.test("9.6 an edited dead letter is stored as edited, and its id must not change", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const eventId = await poison(app, database);
  const { deadLetters } = await admin.deadLetters.list.query({});
  const row = JSON.parse(
    deadLetters.find((deadLetter) => deadLetter.eventId === eventId)?.payload ?? "",
  );
  const edits: [unknown, RegExp][] = [
    ["{", /^not valid JSON/],
    [{ ...row, id: newId() }, /^id must not change/],
    [{ ...row, occurred_at: "yesterday" }, /^occurred_at must be an ISO 8601 time/],
    [{ ...row, event_type: 7 }, /^event_type must be a string$/],
    [{ ...row, event_type: "" }, /^event_type must not be empty$/],
    [{ ...row, known_event_type: "yes" }, /^known_event_type must be true or false$/],
    [{ ...row, country: "GB" }, /^the event has unknown columns: country$/],
    [[row], /^the event must be an object$/],
  ];
  for (const [edit, reason] of edits) {
    const payload = typeof edit === "string" ? edit : JSON.stringify(edit);
    const { results } = await admin.deadLetters.replay.mutate({
      deadLetters: [{ eventId, payload }],
    });
    assertEquals(results[0]?.result, "invalid");
    assertMatch(results[0]?.message ?? "", reason);
  }
  const payload = JSON.stringify({ ...row, event_type: "fixed" });
  const { results } = await admin.deadLetters.replay.mutate({
    deadLetters: [{ eventId, payload }],
  });
  assertEquals(results, [{ eventId, result: "replayed", message: null }]);
  await forceFlush(app);
  assertEquals(await rowsOf(eventId), [{ event_type: "fixed" }]);
});

Deno.test("9.7 a dead letter that is rejected again is listed again and can be replayed again", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const eventId = await poison(app, database);
  await refusePoison(database, true);
  const replay = { deadLetters: [{ eventId }] };
  assertEquals((await admin.deadLetters.replay.mutate(replay)).results[0]?.result, "replayed");
  await forceFlush(app);
  assertEquals(await countDeadLetters(app), 1);
  const { deadLetters } = await admin.deadLetters.list.query({});
  assert(deadLetters.some((deadLetter) => deadLetter.eventId === eventId), "it is listed");
  await refusePoison(database, false);
  assertEquals((await admin.deadLetters.replay.mutate(replay)).results[0]?.result, "replayed");
  await forceFlush(app);
  assertEquals([(await rowsOf(eventId)).length, await countDeadLetters(app)], [1, 0]);
});

Deno.test("a dead letter of an event that was stored after all is not counted twice", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const sessionId = newId();
  await app.post("/v1/events", { eventType: "fine", sessionId });
  await forceFlush(app);
  const { events: [event] } = await admin.recentEvents.query({ sessionId });
  const eventId = event?.eventId ?? "";
  const [row] = await database.run((sql) =>
    sql<
      { payload: string }[]
    >`select to_json(e)::text as payload from events e where id = ${eventId}`
  );
  const deadLetter = { event_id: eventId, event_type: "fine", reason: "", sqlstate: null };
  await database.run((sql) =>
    insertDeadLetters(sql, [{ ...deadLetter, step: "flush", payload: row?.payload ?? "" }])
  );
  const { results } = await admin.deadLetters.replay.mutate({ deadLetters: [{ eventId }] });
  assertEquals(results[0]?.result, "already_replayed");
  const { deadLetters } = await admin.deadLetters.list.query({});
  assert(deadLetters.every((deadLetter) => deadLetter.eventId !== eventId));
  assertEquals([(await rowsOf(eventId)).length, await countDeadLetters(app)], [1, 0]);
});

Deno.test("2.3 a client that repeats a replayed event gets its id once it is a row", async () => {
  await using app = await openTestApp(database);
  const idempotencyKey = crypto.randomUUID();
  const eventId = await poison(app, database, idempotencyKey);
  await adminClient(app).admin.deadLetters.replay.mutate({ deadLetters: [{ eventId }] });
  const [row] = await database.run((sql) =>
    sql<{ payload: string }[]>`select payload from dead_letters where event_id = ${eventId}`
  );
  const { props, session_id } = JSON.parse(row?.payload ?? "");
  const again = async () => {
    const event = { eventType: "poison", props, sessionId: session_id, idempotencyKey };
    return await (await app.post("/v1/events", event)).json();
  };
  assertEquals(await again(), { eventId: null, tracked: true });
  await forceFlush(app);
  assertEquals(await again(), { eventId, tracked: true });
});

Deno.test("2.3 a dead letter that gets another key frees neither key, and replays of the old one name no row", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const [oldKey, newKey] = [crypto.randomUUID(), crypto.randomUUID()];
  const eventId = await poison(app, database, oldKey);
  const { deadLetters } = await admin.deadLetters.list.query({});
  const row = JSON.parse(deadLetters.find((letter) => letter.eventId === eventId)?.payload ?? "");
  const payload = JSON.stringify({ ...row, event_type: "fixed", idempotency_key: newKey });
  await admin.deadLetters.replay.mutate({ deadLetters: [{ eventId, payload }] });
  await forceFlush(app);
  assertEquals(await rowsOf(eventId), [{ event_type: "fixed" }]);
  const { props, session_id: sessionId } = row;
  const event = { eventType: "poison", props, sessionId, idempotencyKey: oldKey };
  const response = await app.post("/v1/events", event);
  assertEquals(await response.json(), { eventId: null, tracked: true });
  assertEquals(response.headers.get("idempotent-replayed"), "true");
});

Deno.test("7.7 a replayed event is enriched with the context of its original request", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  await refusePoison(database, true);
  const mark = crypto.randomUUID();
  const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
  await app.post("/v1/events", { eventType: "poison", props: { mark } }, { "user-agent": firefox });
  await forceFlush(app);
  await refusePoison(database, false);
  const { deadLetters } = await admin.deadLetters.list.query({});
  const deadLetter = deadLetters.find(({ payload }) => payload.includes(mark));
  assert(deadLetter !== undefined && !JSON.stringify(deadLetter).includes("Firefox"));
  const { eventId } = deadLetter;
  await admin.deadLetters.replay.mutate({ deadLetters: [{ eventId }] });
  await forceFlush(app);
  const browser = async () => (await admin.receipt.query({ eventId })).enrichment?.["browser"];
  await until(async () => await browser() !== undefined, "enrichment");
  assertEquals(await browser(), "Firefox");
  assertEquals(await keysUnder(app.kv, "dead_letter"), []);
});

Deno.test("9.8 replaying a rejected enrichment enriches the event again without storing it again", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  await database.run((sql) =>
    sql`alter table event_enrichments add constraint no_bots check (not is_bot) not valid`
  );
  const sessionId = newId();
  await app.post("/v1/events", { eventType: "seen", sessionId }, { "user-agent": "Googlebot/2.1" });
  await forceFlush(app);
  await app.app.everyMinute();
  const waiting = async () =>
    (await admin.deadLetters.list.query({})).deadLetters
      .find(({ payload }) => payload.includes(sessionId));
  await until(async () => await waiting() !== undefined, "the dead letter");
  const deadLetter = await waiting();
  assertEquals(deadLetter?.step, "enrichment");
  const eventId = deadLetter?.eventId ?? "";
  const edited = [{ eventId, payload: deadLetter?.payload ?? "" }];
  const refused = await admin.deadLetters.replay.mutate({ deadLetters: edited });
  assertEquals(refused.results[0]?.result, "invalid");
  await database.run((sql) => sql`alter table event_enrichments drop constraint no_bots`);
  const { results } = await admin.deadLetters.replay.mutate({ deadLetters: [{ eventId }] });
  assertEquals(results[0]?.result, "replayed");
  await until(
    async () => (await admin.receipt.query({ eventId })).state === "enriched",
    "enrichment",
  );
  assertEquals((await rowsOf(eventId)).length, 1);
});

Deno.test("9.5 a dead letter whose payload was changed in SQL is replayed, and holds up no flush", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const changes = [
    "jsonb_pretty(payload::jsonb)",
    "replace(jsonb_pretty(payload::jsonb), '    ', E'\\t')",
    "replace(jsonb_pretty(payload::jsonb), E'\\n', E'\\r\\n')",
    '(payload::jsonb || \'{"occurred_at": "2026-11-20T10:00:00.5+02:00"}\')::text',
  ];
  for (const change of changes) {
    const eventId = await poison(app, database);
    await database.run((sql) =>
      sql.unsafe(`update dead_letters set payload = ${change} where event_id = '${eventId}'`)
    );
    const { results } = await admin.deadLetters.replay.mutate({ deadLetters: [{ eventId }] });
    assertEquals(results, [{ eventId, result: "replayed", message: null }], change);
    const after = { eventType: "after", sessionId: newId() };
    assertEquals((await app.post("/v1/events", after)).status, 200);
    await forceFlush(app);
    assertEquals((await rowsOf(eventId)).length, 1, change);
    assertEquals((await admin.recentEvents.query({ sessionId: after.sessionId })).events.length, 1);
    assertEquals(await countDeadLetters(app), 0, change);
  }
});

Deno.test("9.5 a replay whose context is damaged goes without it", async () => {
  await using app = await openTestApp(database);
  for (const damage of ["x", new Uint8Array(), 5, "{"]) {
    const eventId = await poison(app, database);
    await app.kv.set(deadLetterContextKey(eventId), damage);
    const { results } = await adminClient(app).admin.deadLetters.replay.mutate({
      deadLetters: [{ eventId }],
    });
    assertEquals(results, [{ eventId, result: "replayed", message: null }]);
    await forceFlush(app);
    assertEquals((await rowsOf(eventId)).length, 1, Deno.inspect(damage));
  }
});

Deno.test("9.6 an edited time outside the years 1 to 9999 is refused", async () => {
  await using app = await openTestApp(database);
  const eventId = await poison(app, database);
  const [row] = await database.run((sql) =>
    sql<{ payload: string }[]>`select payload from dead_letters where event_id = ${eventId}`
  );
  const payload = JSON.parse(row?.payload ?? "{}");
  for (const received_at of ["9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+14:00"]) {
    const { results: [result] } = await adminClient(app).admin.deadLetters.replay.mutate({
      deadLetters: [{ eventId, payload: JSON.stringify({ ...payload, received_at }) }],
    });
    assertEquals(result?.result, "invalid");
    assertStringIncludes(result?.message ?? "", "received_at must be between the years 1 and 9999");
  }
});

Deno.test("9.5 a replay without room for its context goes without it", async () => {
  await using app = await openTestApp(database);
  const eventId = await poison(app, database);
  await setTexts(app.kv, [{
    key: deadLetterContextKey(eventId),
    text: JSON.stringify({ ip: null, userAgent: "€".repeat(20_000) }),
  }], 60_000);
  await database.run((sql) =>
    sql`
      update dead_letters set payload = jsonb_set(
        payload::jsonb, '{props,padding}', to_jsonb(repeat('x', 30000))
      )::text where event_id = ${eventId}
    `
  );
  const { results } = await adminClient(app).admin.deadLetters.replay.mutate({
    deadLetters: [{ eventId }],
  });
  assertEquals(results, [{ eventId, result: "replayed", message: null }]);
  await forceFlush(app);
  assertEquals((await rowsOf(eventId)).length, 1);
});

Deno.test("8.10 a line that could not be read is repaired in its dead letter and replayed, with its context", async () => {
  await using app = await openTestApp(database);
  const { admin } = adminClient(app);
  const event = { eventType: "damaged", sessionId: newId(), props: { text: "a, b" } };
  const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
  await app.post("/v1/events", event, { "user-agent": firefox });
  const [key = []] = await keysUnder(app.kv, ...SEGMENTS);
  const { value } = await app.kv.get<Uint8Array>(key);
  const text = new TextDecoder().decode(value ?? new Uint8Array());
  await app.kv.set(key, new TextEncoder().encode(text.replace('"a, b"', '"a, b')));
  await forceFlush(app);
  const { deadLetters } = await admin.deadLetters.list.query({});
  const deadLetter = deadLetters.find(({ reason }) =>
    reason.startsWith("unreadable in the buffer")
  );
  assert(deadLetter !== undefined && await countDeadLetters(app) === 1);
  const { eventId } = deadLetter;
  const replay = async (payload?: string) => {
    const edit = payload === undefined ? {} : { payload };
    return (await admin.deadLetters.replay.mutate({ deadLetters: [{ eventId, ...edit }] })).results;
  };
  assertEquals((await replay())[0]?.result, "invalid");
  const repaired = await replay(deadLetter.payload.replace('"a, b', '"a, b"'));
  assertEquals(repaired, [{ eventId, result: "replayed", message: null }]);
  await forceFlush(app);
  const receipt = async () => await admin.receipt.query({ eventId });
  await until(async () => (await receipt()).state === "enriched", "enrichment");
  const { event: row, enrichment } = await receipt();
  assertEquals([row?.["event_type"], row?.["props"]], ["damaged", event.props]);
  assertEquals(enrichment?.["browser"], "Firefox");
  assertEquals(await countDeadLetters(app), 0);
});
