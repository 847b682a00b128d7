import { assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { openTestApp } from "../../support/app.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { forceFlush, refusalOf } from "../../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const environment = { RATE_LIMIT_EVENTS_PER_SECOND: "0.1" };

async function asUser(
  app: { token: (role: string, sub?: string) => Promise<string> },
  sub: string,
) {
  return { authorization: `Bearer ${await app.token("CREATOR", sub)}` };
}

Deno.test("2.8 a caller over the limit gets Retry-After, others are not affected", async () => {
  await using app = await openTestApp(postgres.database, { environment });
  const ann = await asUser(app, "ann");
  const events = Array.from({ length: 50 }, (_, n) => ({ eventType: `limit ${n}` }));
  const full = await (await app.post("/v1/events/batch", { events }, ann)).json();
  assertEquals(full.successful, 50);

  const response = await app.post("/v1/events", { eventType: "limit 51" }, ann);
  assertEquals(response.headers.get("retry-after"), "10");
  const { status, code, message } = await refusalOf(response);
  assertEquals([status, code], [429, "TOO_MANY_REQUESTS"]);
  assertStringIncludes(message, "RATE_LIMIT_EVENTS_PER_SECOND");

  const batch = await app.post("/v1/events/batch", { events: events.slice(0, 2) }, ann);
  assertMatch(batch.headers.get("retry-after") ?? "", /^(20|30)$/); // with or without the one before
  const { results } = await batch.json();
  assertStringIncludes(results[0].error, "; send it again in ");

  const other = await app.post("/v1/events", { eventType: "limit bob" }, await asUser(app, "bob"));
  assertEquals(await other.json(), { eventId: null, tracked: true });
  assertEquals(await forceFlush(app), { flushed: true, message: "Flushed 51 events" });
  const metrics = await (await app.get("/metrics")).text();
  assertStringIncludes(metrics, 'sluice_events_rejected_total{reason="limited"} 3');
});
