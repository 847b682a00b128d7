import { assertEquals } from "../../support/assert.ts";
import { openTestApp, type TestApp } from "../../support/app.ts";
import { until } from "../../support/until.ts";
import { bufferedLines } from "../../support/buffer.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { asAdmin, forceFlush } from "../../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const SESSION = "7d5e2b1c-9a3f-4c6d-8e1b-2f4a6c8e0b1d";

interface Stored {
  readonly session_id: string | null;
  readonly user_id: string | null;
  readonly actor_type: string | null;
}

async function storedAs(eventType: string): Promise<readonly Stored[]> {
  return await postgres.database.run(async (sql) => [
    ...await sql<Stored[]>`
      select session_id, user_id, actor_type from events where event_type = ${eventType}
    `,
  ]);
}

async function signedIn(app: TestApp): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await app.token("CREATOR")}`, "sec-gpc": "1" };
}

for (
  const [route, path, wrap] of [
    ["/v1/events", "/v1/events", (event: unknown) => event],
    ["/v1/events/batch", "/v1/events/batch", (event: unknown) => ({ events: [event] })],
    ["/v1/beacon", "/v1/beacon", (event: unknown) => event],
    ["tRPC", "/api/trpc/eventIngestion.track", (event: unknown) => event],
  ] as const
) {
  Deno.test(`7.6 with Sec-GPC: 1 an event by ${route} has no user and no session`, async () => {
    await using app = await openTestApp(postgres.database);
    const eventType = `gpc ${route}`;
    const event = wrap({ eventType, sessionId: SESSION });
    const response = await app.post(path, event, await signedIn(app));
    assertEquals(response.ok, true);
    await response.body?.cancel();
    await forceFlush(app);
    assertEquals(await storedAs(eventType), [
      { session_id: null, user_id: null, actor_type: null },
    ]);
  });
}

Deno.test("7.6 HONOR_GPC=false stores user and session", async () => {
  await using app = await openTestApp(postgres.database, { environment: { HONOR_GPC: "false" } });
  const eventType = "gpc ignored";
  await (await app.post("/v1/events", { eventType, sessionId: SESSION }, await signedIn(app)))
    .text();
  await forceFlush(app);
  assertEquals(await storedAs(eventType), [
    { session_id: SESSION, user_id: "user_1", actor_type: "CREATOR" },
  ]);
});

Deno.test("7.6 two callers with Sec-GPC are not each other's duplicates", async () => {
  await using app = await openTestApp(postgres.database);
  const eventType = "gpc twice";
  const props = { occurred_at: new Date().toISOString() };
  for (const sessionId of [SESSION, crypto.randomUUID(), SESSION]) {
    await (await app.post("/v1/events", { eventType, sessionId, props }, { "sec-gpc": "1" }))
      .text();
  }
  await forceFlush(app);
  assertEquals((await storedAs(eventType)).length, 2);
});

Deno.test("7.6 an admin with Sec-GPC is still an admin", async () => {
  await using app = await openTestApp(postgres.database);
  const headers = { ...await asAdmin(app), "sec-gpc": "1" };
  const response = await app.get("/api/trpc/eventIngestion.getStats", headers);
  assertEquals(response.status, 200);
  await response.body?.cancel();
});

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) " +
  "Chrome/140.0.0.0 Safari/537.36";

Deno.test("7.6 with Sec-GPC neither referrer, user agent nor language are kept, but their facts", async () => {
  await using app = await openTestApp(postgres.database);
  const eventType = "gpc referrer";
  const headers = {
    "sec-gpc": "1",
    "user-agent": CHROME,
    "accept-language": "gsw-CH,de;q=0.7",
    "referer": "https://shop.example/account/42?token=x",
  };
  const referrer = "https://search.example/find?q=my+illness";
  const event = { eventType, props: { referrer, n: 1 }, attribution: { referrer, utmSource: "s" } };
  await (await app.post("/v1/events", event, headers)).text();
  const inKv = (await bufferedLines(app.kv)).join();
  assertEquals(inKv.match(/illness|gsw|account/g), null);
  await forceFlush(app);
  await app.app.everyMinute();
  const stored = await until(() => findEnriched(eventType), "the enrichment");
  assertEquals(stored, {
    props: { referrer: "https://search.example/", n: 1 },
    attribution: { referrer: "https://search.example/", utmSource: "s" },
    context: null,
    browser: "Chrome",
    is_bot: false,
    referrer_host: "search.example",
  });
});

Deno.test("7.6 with Sec-GPC a referrer that is no URL is not kept", async () => {
  await using app = await openTestApp(postgres.database);
  const eventType = "gpc no url";
  const props = { referrer: "someone's private page" };
  await (await app.post("/v1/events", { eventType, props }, { "sec-gpc": "1" })).text();
  await forceFlush(app);
  await app.app.everyMinute();
  const stored = await until(() => findEnriched(eventType), "the enrichment");
  assertEquals([stored.props, stored.referrer_host], [{}, null]);
});

interface EnrichedEvent {
  readonly props: unknown;
  readonly attribution: unknown;
  readonly context: unknown;
  readonly browser: string | null;
  readonly is_bot: boolean;
  readonly referrer_host: string | null;
}

async function findEnriched(eventType: string): Promise<EnrichedEvent | undefined> {
  return await postgres.database.run(async (sql) => {
    const [row] = await sql<EnrichedEvent[]>`
      select e.props, e.attribution, n.context, n.browser, n.is_bot, n.referrer_host
      from events e join event_enrichments n on n.event_id = e.id
      where e.event_type = ${eventType}
    `;
    return row && { ...row };
  });
}
