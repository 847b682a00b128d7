/** Events that a server sends on behalf of somebody. */

import { createTRPCClient, httpBatchLink } from "@trpc/client";
import fc from "fast-check";
import type { Scope } from "../../src/events/api_key.ts";
import type { EventContext, TrackEventInput } from "../../src/events/types.ts";
import type { AppRouter } from "../../src/trpc/app_router.ts";
import { createKey } from "../support/api_keys.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { bufferedLines } from "../support/buffer.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush, refusalOf, serve } from "../support/server.ts";
import { until } from "../support/until.ts";
import { parseLine } from "../../src/events/line.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 " +
  "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";

async function headersOf(...scopes: Scope[]): Promise<{ "x-api-key": string }> {
  return { "x-api-key": (await createKey(database, { name: "billing", scopes })).key };
}

function newEvent(context?: EventContext): TrackEventInput {
  const event = { eventType: `e_${crypto.randomUUID()}`, source: "api" as const };
  return context === undefined ? event : { ...event, context };
}

async function rowsOf(app: TestApp, eventType: string) {
  await forceFlush(app);
  return await database.run((sql) =>
    sql`
      select actor_id, actor_type, user_id, creator_id, brand_id, user_role, session_id
      from events where event_type = ${eventType} order by id
    `
  );
}

Deno.test("13.7 the guide's back-office events, sent by a server, are the creator's", async () => {
  await using app = await openTestApp(database);
  await using server = serve(app.app);
  const { id, key } = await createKey(database, { name: "royalties", scopes: ["ingest:as"] });
  const client = createTRPCClient<AppRouter>({
    links: [httpBatchLink({ url: `${server.url}/api/trpc`, headers: { "x-api-key": key } })],
  });
  const context = { userId: "user_7", role: "CREATOR", creatorId: "creator_7" };
  const mark = crypto.randomUUID();
  const { successful } = await client.eventIngestion.trackBatch.mutate({
    events: [
      { eventType: "royalty_run_completed", source: "system", props: { mark }, context },
      {
        eventType: "payout_completed",
        source: "system",
        props: { mark, amount_cents: 4900, payment_method: "bank" },
        context,
      },
    ],
  });
  assertEquals(successful, 2);
  await client.eventIngestion.track.mutate({
    eventType: "license_signed",
    source: "api",
    props: { mark, license_id: "lic_1" },
    context: { ...context, brandId: 12 },
  });
  await forceFlush(app);
  const rows = await database.run((sql) =>
    sql`
      select event_type, actor_id, actor_type, user_id, creator_id, brand_id, user_role
      from events where props ->> 'mark' = ${mark} order by id
    `
  );
  const owner = {
    actor_id: id,
    actor_type: "api_key",
    user_id: "user_7",
    creator_id: "creator_7",
    brand_id: null,
    user_role: "CREATOR",
  };
  assertEquals([...rows], [
    { event_type: "royalty_run_completed", ...owner },
    { event_type: "payout_completed", ...owner },
    { event_type: "license_signed", ...owner, brand_id: "12" },
  ]);
});

Deno.test("13.7 13.8 7.4 address and user agent of the context are enriched, not the server's, and no address is stored", async () => {
  await using app = await openTestApp(database, { environment: { TRUST_PROXY: "1" } });
  const headers = {
    ...await headersOf("ingest:as"),
    "x-forwarded-for": "198.51.100.77",
    "user-agent": "node",
    "accept-language": "de",
    referer: "https://backend.example/",
  };
  const named = { ...newEvent({ ip: "203.0.113.7", userAgent: SAFARI }), source: "web" as const };
  const unnamed = { ...newEvent({ userId: "u" }), source: "web" as const };
  for (const event of [named, unnamed]) {
    assertEquals((await app.post("/v1/events", event, headers)).status, 200);
  }
  const contexts = (await bufferedLines(app.kv)).flat().map((line) => parseLine(line).context);
  const nothing = { referrer: null, language: null, clientHints: null, place: null };
  assertEquals(contexts, [
    { ip: "203.0.113.7", userAgent: SAFARI, ...nothing },
    { ip: null, userAgent: null, ...nothing },
  ]);
  await forceFlush(app);
  const facts = await until(async () => {
    await app.app.everyMinute();
    const rows = await database.run((sql) =>
      sql<Record<string, unknown>[]>`
        select e.event_type, n.browser, n.os, n.is_bot, to_jsonb(n)::text as everything
        from events e join event_enrichments n on n.event_id = e.id
        where e.event_type in (${named.eventType}, ${unnamed.eventType}) order by e.id
      `
    );
    return rows.length === 2 ? rows : null;
  }, "both events are enriched");
  assertEquals(facts.map(({ browser, os, is_bot }) => [browser, os, is_bot]), [
    ["Mobile Safari", "iOS", false],
    [null, null, false],
  ]);
  const stored = JSON.stringify(facts);
  const addresses = ["203.0.113.7", "198.51.100", "backend.example"];
  assertEquals(addresses.filter((part) => stored.includes(part)), []);
});

Deno.test("13.7 the session of a context counts before the event's own; a placeholder does not", async () => {
  await using app = await openTestApp(database);
  const headers = await headersOf("ingest:as");
  const [own, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const nil = "00000000-0000-0000-0000-000000000000";
  const sent = [
    { ...newEvent({ sessionId: other }), sessionId: own },
    { ...newEvent({ userId: "u", sessionId: null }), sessionId: own },
    { ...newEvent({ sessionId: nil }), sessionId: own },
    newEvent({ sessionId: other.toUpperCase() }),
  ];
  const sessions = [];
  for (const event of sent) {
    assertEquals((await app.post("/v1/events", event, headers)).status, 200);
    sessions.push((await rowsOf(app, event.eventType))[0]?.["session_id"]);
  }
  assertEquals(sessions, [other, own, null, other]);
});

for (
  const [context, message] of [
    [
      { userId: "" },
      /^context\.userId must be a text of 1 to 255 characters or a whole .*, got ""/,
    ],
    [{ userId: {} }, /^context\.userId must be a text .*, got an object$/],
    [{ userId: 1.5 }, /^context\.userId must be .*, got 1\.5$/],
    [{ creatorId: "x".repeat(256) }, /^context\.creatorId must be /],
    [{ brandId: true }, /^context\.brandId must be .*, got true$/],
    [{ role: ["CREATOR"] }, /^context\.role must be .*, got an array$/],
    [{ role: "a\0b" }, /^context\.role must be /],
    [{ sessionId: "abc" }, /^context\.sessionId must be a UUID .*, got "abc"$/],
    [{ ip: "300.1.1.1" }, /^context\.ip must be an IP address, got "300\.1\.1\.1"$/],
    [{ ip: 7 }, /^context\.ip must be an IP address, got 7$/],
    [{ userAgent: 7 }, /^context\.userAgent must be a string, got 7$/],
    ["user_1", /^context must be an object, got "user_1"$/],
    [[], /^context must be an object, got an array$/],
  ] as const
) {
  Deno.test(`13.7 the context ${JSON.stringify(context).slice(0, 50)} is 400 and names the field`, async () => {
    await using app = await openTestApp(database);
    const headers = await headersOf("ingest:as");
    const wrong = { ...newEvent(), context };
    const { status, message: said } = await refusalOf(app.post("/v1/events", wrong, headers));
    assertEquals(status, 400);
    assertMatch(said, message);
    const events = [wrong, newEvent({ userId: "u" })];
    const batch = await app.post("/v1/events/batch", { events }, headers);
    const { results } = await batch.json();
    assertEquals([results[0].error, results[1].status], [said, "fulfilled"]);
  });
}

Deno.test("13.7 without the scope a context is ignored, whatever it is", async () => {
  await using app = await openTestApp(database);
  const { id, key } = await createKey(database, { scopes: ["ingest", "import", "read"] });
  const token = await app.token("CREATOR", "user_3");
  const callers = [
    [{}, [null, null, null]],
    [{ authorization: `Bearer ${token}` }, ["user_3", "CREATOR", "user_3"]],
    [{ "x-api-key": key }, [id, "api_key", null]],
  ] as const;
  for (const [headers, expected] of callers) {
    for (const context of [{ userId: "victim", ip: "nonsense" }, "victim", 7, [], null]) {
      const event = { ...newEvent(), context };
      assertEquals((await app.post("/v1/events", event, headers)).status, 200);
      const [row] = await rowsOf(app, event.eventType);
      assertEquals([row?.["actor_id"], row?.["actor_type"], row?.["user_id"]], expected);
    }
  }
});

Deno.test("5.14 events on behalf of somebody are told apart by content, context and key, even in one session", async () => {
  await using app = await openTestApp(database);
  const [one, two] = [await headersOf("ingest:as"), await headersOf("ingest:as")];
  const sessionId = crypto.randomUUID();
  const base = {
    ...newEvent(),
    sessionId,
    props: { n: 1, occurred_at: new Date().toISOString() },
    context: { userId: "user_1" },
  };
  const sent = [
    [base, one],
    [{ ...base, props: { ...base.props, n: 2 } }, one],
    [{ ...base, context: { userId: "user_2" } }, one],
    [{ ...base, context: { userId: "user_1", creatorId: "c" } }, one],
    [base, two],
  ] as const;
  for (let round = 0; round < 2; round++) {
    for (const [event, headers] of sent) await app.post("/v1/events", event, headers);
  }
  assertEquals((await rowsOf(app, base.eventType)).length, sent.length);
});

Deno.test("5.14 2.15 2.4 a replay may come from another address, but not be somebody else's", async () => {
  await using app = await openTestApp(database);
  const headers = await headersOf("ingest:as");
  const event = { ...newEvent(), idempotencyKey: crypto.randomUUID() };
  const send = async (context: EventContext) =>
    (await app.post("/v1/events", { ...event, context }, headers)).status;
  assertEquals(await send({ userId: "user_1", ip: "203.0.113.7" }), 200);
  assertEquals(await send({ userId: "user_1", ip: "203.0.113.8", userAgent: SAFARI }), 200);
  assertEquals(await send({ userId: "user_2", ip: "203.0.113.7" }), 409);
  assertEquals((await rowsOf(app, event.eventType)).length, 1);
});

Deno.test("13.7 2.7 a long user agent is cut, and does not count as more than it is stored", async () => {
  await using app = await openTestApp(database);
  const headers = await headersOf("ingest:as");
  const long = newEvent({ userAgent: `${"a".repeat(511)}😀${"b".repeat(60_000)}` });
  assertEquals((await app.post("/v1/events", long, headers)).status, 200);
  const [line = ""] = (await bufferedLines(app.kv)).flat();
  assertEquals(parseLine(line).context.userAgent, "a".repeat(511));
});

Deno.test("13.7 any JSON as a context is stored or 400, and never an error of the service", async () => {
  await using app = await openTestApp(database);
  const headers = await headersOf("ingest:as");
  const field = fc.oneof(fc.jsonValue(), fc.string(), fc.ipV4(), fc.uuid(), fc.integer());
  const names = ["userId", "role", "creatorId", "brandId", "sessionId", "ip", "userAgent"] as const;
  const context = fc.oneof(
    fc.jsonValue(),
    fc.record(Object.fromEntries(names.map((name) => [name, field])), { requiredKeys: [] }),
  );
  await fc.assert(
    fc.asyncProperty(context, async (context) => {
      const response = await app.post("/v1/events", { ...newEvent(), context }, headers);
      const body = await response.json();
      if (response.status === 200) assertEquals(body.tracked, true);
      else {
        assertEquals(response.status, 400);
        assertMatch(body.message, /^context(\.\w+)? must be /);
      }
    }),
    { numRuns: 200 },
  );
});
