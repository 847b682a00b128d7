/** What callers notice while `AUTH_SESSION_URL` does not respond. */

import { openTestApp } from "../support/app.ts";
import { assertEquals } from "../support/assert.ts";
import { answerOf, asAdmin, openClosedDatabase } from "../support/server.ts";
import { startSessionEndpoint } from "../support/session_endpoint.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

Deno.test("6.16 2.9 while the endpoint fails, only callers with such a cookie have to send again", async () => {
  await using endpoint = startSessionEndpoint(() => new Response(null, { status: 502 }));
  await using app = await openTestApp(database, {
    environment: { AUTH_SESSION_URL: endpoint.url, AUTH_COOKIE: "better-auth.session_token" },
  });
  const event = { eventType: "page_viewed", props: { path: "/" } };
  const cookie = "__Secure-better-auth.session_token=t.s";
  const track = (headers: HeadersInit, props = {}) =>
    answerOf(app.post("/v1/events", { ...event, props: { ...event.props, ...props } }, headers));
  const refused = await track({ cookie });
  assertEquals([refused.status, refused.body], [200, { eventId: null, tracked: false }]);
  const others: HeadersInit[] = [{}, { cookie: "theme=dark" }, await asAdmin(app)];
  for (const [i, headers] of others.entries()) {
    const { body } = await track(headers, { i });
    assertEquals(body, { eventId: null, tracked: true });
  }
  assertEquals(endpoint.asked, [cookie]);
  const stats = await app.get("/api/trpc/eventIngestion.getStats", { cookie });
  assertEquals([stats.status, (await stats.json()).error.data.code], [503, "SERVICE_UNAVAILABLE"]);
  const dashboard = await app.get("/admin", { cookie });
  assertEquals([dashboard.status, /AUTH_SESSION_URL/.test(await dashboard.text())], [503, true]);
  endpoint.answer(() => Response.json({ user: { id: "u", role: "ADMIN" } }));
  const signedIn = await app.get("/admin", { cookie: `${cookie}2` });
  assertEquals([signedIn.status, /id="dashboard"/.test(await signedIn.text())], [200, true]);
});
