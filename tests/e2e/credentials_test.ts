/** Pages of other origins that send the browser's cookies along, under the default `CORS_ORIGINS`. */

import { assertEquals } from "../support/assert.ts";
import { browserTest, openSite, type Page } from "../support/browser.ts";
import { forceFlush } from "../support/server.ts";
import { until } from "../support/until.ts";
import { openDashboard, openFixture } from "./dashboard_fixture.ts";

const fixture = await openFixture();

const PATHS = ["/v1/events", "/v1/events/batch", "/v1/beacon", "/api/trpc/eventIngestion.track"];

/** Sends an event in one way; returns what the page could see of the response. */
async function sendFrom(page: Page, url: string, body: string, how: "beacon" | "fetch") {
  return await page.evaluate(async ([url, body, how]) => {
    const type = "application/json";
    if (how === "beacon") return navigator.sendBeacon(url, new Blob([body], { type }));
    const headers = { "content-type": type };
    const init = { method: "POST", body, headers, credentials: "include" } as const;
    return await fetch(url, init).then((response) => response.ok, String);
  }, [url, body, how] as const);
}

for (const host of ["127.0.0.1", "localhost"]) {
  // To browsers another port is the same site, so they send the cookie.
  const origin = host === "localhost" ? "another origin of the same site" : "another site";
  browserTest(`1.9 6.4 JSON with credentials is tracked from ${origin}, as anonymous`, async () => {
    await using service = await openDashboard(fixture);
    await using site = openSite({ "/": "<!doctype html><title>A shop</title>" });
    const page = await service.context.newPage();
    await page.goto(site.url.replace("localhost", host));
    const run = crypto.randomUUID().slice(0, 8);
    const types: string[] = [];
    for (const path of PATHS) {
      for (const how of ["beacon", "fetch"] as const) {
        const eventType = `${run} ${path} ${how}`;
        types.push(eventType);
        const event = { eventType };
        const body = JSON.stringify(path.endsWith("/batch") ? { events: [event] } : event);
        assertEquals(await sendFrom(page, service.url + path, body, how), true, eventType);
      }
    }
    const rows = () =>
      fixture.postgres.database.run(async (sql) => {
        await forceFlush(service.app);
        return await sql<{ event_type: string; user_id: string | null }[]>`
          select event_type, user_id from events where starts_with(event_type, ${run})
        `;
      });
    await until(async () => (await rows()).length >= types.length, "all events as rows");
    const stored = (await rows()).map(({ event_type, user_id }) => [event_type, user_id]);
    assertEquals(stored.toSorted(), types.map((type) => [type, null]).toSorted());
  });

  browserTest(`6.4 a page of ${origin} reads nothing with an admin's cookie`, async () => {
    await using service = await openDashboard(fixture);
    await using site = openSite({ "/": "<!doctype html><title>Evil</title>" });
    const page = await service.context.newPage();
    await page.goto(site.url.replace("localhost", host));
    const seen = await page.evaluate(async (url) => {
      const answers: string[] = [];
      const calls = [
        ["GET", "eventIngestion.getStats"],
        ["GET", "admin.overview"],
        ["GET", "eventIngestion.getStats,admin.overview?batch=1"],
        ["POST", "eventIngestion.forceFlush"],
        ["POST", "eventIngestion.track,eventIngestion.forceFlush?batch=1"],
        ["POST", "eventIngestion.track%2CeventIngestion.forceFlush?batch=1"],
      ];
      for (const [method = "", call = ""] of calls) {
        const body = method === "GET" ? null : "{}";
        const headers: HeadersInit = body === null ? {} : { "content-type": "application/json" };
        const init = { method, body, headers, credentials: "include" } as const;
        const answer = fetch(`${url}/api/trpc/${call}`, init).then((response) => response.text());
        answers.push(await answer.catch(() => "unreadable"));
      }
      return answers;
    }, service.url);
    assertEquals(seen, Array(6).fill("unreadable"));
  });
}
