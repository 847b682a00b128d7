import { assertEquals } from "../../support/assert.ts";
import { openTestApp } from "../../support/app.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { answerOf, forceFlush } from "../../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const NULLS = {
  source: null,
  entityId: null,
  entityType: null,
  sessionId: null,
  attribution: { utmSource: null, referrer: null },
  idempotencyKey: null,
};

function event(n: number): object {
  return { ...NULLS, eventType: "page_viewed", props: { n, occurred_at: null } };
}

const tracked = { eventId: null, tracked: true };

Deno.test("4.9 every endpoint takes null for an absent field", async () => {
  await using app = await openTestApp(postgres.database);
  assertEquals((await answerOf(app.post("/v1/events", event(1)))).body, tracked);
  const trpc = app.post("/api/trpc/eventIngestion.track", event(2));
  assertEquals((await answerOf(trpc)).body, { result: { data: tracked } });
  assertEquals((await app.post("/v1/beacon", event(3))).status, 204);
  assertEquals((await app.post("/v1/beacon", { events: [event(4)] })).status, 204);
  const batch = { events: [event(5), { ...event(6), props: null }] };
  const { body } = await answerOf(app.post("/v1/events/batch", batch));
  const { successful } = body as { successful: number };
  assertEquals(successful, 2, JSON.stringify(body));
  const query = "eventType=email_opened&sessionId=null&source=&entityId=undefined&utm_source=" +
    "&occurred_at=null&idempotencyKey=&n=null";
  await (await app.get(`/v1/pixel.gif?${query}`)).body?.cancel();
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 7 events" });
  const [opened] = await postgres.database.run((sql) =>
    sql`select source, session_id, props, attribution from events where event_type = 'email_opened'`
  );
  assertEquals({ ...opened }, {
    source: "web",
    session_id: null,
    props: { n: "null" },
    attribution: { utmSource: "" },
  });
});

Deno.test("2.15 4.9 a replay may have null where the first event had nothing, and the other way round", async () => {
  await using app = await openTestApp(postgres.database);
  const key = { "idempotency-key": crypto.randomUUID() };
  const bare = { eventType: "page_viewed", props: { path: "/" }, attribution: {} };
  const withNulls = { ...NULLS, ...bare, attribution: NULLS.attribution };
  for (
    const [sent, replayed] of [[withNulls, null], [bare, "true"], [withNulls, "true"]] as const
  ) {
    const response = await app.post("/v1/events", sent, key);
    assertEquals(response.headers.get("idempotent-replayed"), replayed);
    assertEquals(await answerOf(response), { status: 200, body: tracked });
  }
});

Deno.test("4.10 the pixel takes times as a query has them", async () => {
  await using app = await openTestApp(postgres.database);
  const ms = Math.floor(Date.now() / 1000) * 1000 - 60_000;
  const iso = new Date(ms).toISOString();
  const local = new Date(ms + 7_200_000).toISOString().replace("Z", "+02:00");
  const queries = [ms, ms / 1000, iso, local, new Date(ms).toUTCString().replaceAll(" ", "+")];
  for (const [n, time] of queries.entries()) {
    const path = `/v1/pixel.gif?eventType=link_clicked&n=${n}&occurred_at=${time}`;
    await (await app.get(path)).body?.cancel();
  }
  await forceFlush(app);
  const rows = await postgres.database.run((sql) =>
    sql`select occurred_at::text from events where event_type = 'link_clicked' and occurred_at = ${iso}::timestamptz`
  );
  assertEquals(rows.length, queries.length);
});
