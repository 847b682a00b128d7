import { countBuffered } from "../../src/kv/counter.ts";
import { poison } from "../support/admin.ts";
import { assertEquals } from "../support/assert.ts";
import { browserTest, openSite, type Page } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { openDashboard, openFixture } from "./dashboard_fixture.ts";

const fixture = await openFixture();

/** Requests of an attack that the browser sends without a preflight: five by script, and the form. */
const WITHOUT_PREFLIGHT = 6;

/** Sends all kinds of requests that a page can cause, by script and by form. */
async function attack(page: Page, url: string, body: string): Promise<void> {
  await page.evaluate(async ([url, body]) => {
    for (const type of ["text/plain", "application/json", "application/x-www-form-urlencoded"]) {
      for (const mode of ["cors", "no-cors"] as const) {
        const init = { method: "POST", mode, body, headers: { "content-type": type } };
        await fetch(url, { ...init, credentials: "include" }).catch(() => {});
      }
    }
    await fetch(`${url}?input=${encodeURIComponent(body)}`, { credentials: "include" })
      .catch(() => {});
    const frame = document.createElement("iframe");
    frame.name = "target";
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: url, target: "target", enctype: "text/plain" });
    const field = document.createElement("input");
    Object.assign(field, { name: body.slice(0, -1), value: "}" });
    form.append(field);
    document.body.append(frame, form);
    form.submit();
  }, [url, body] as const);
}

for (const host of ["127.0.0.1", "localhost"]) {
  const origin = host === "localhost" ? "a page of the same site" : "a cross-site page";
  browserTest(
    `${origin} can neither force a flush nor replay`,
    async () => {
      const posts: [path: string, cookie: boolean, status: number][] = [];
      await using dashboard = await openDashboard(fixture, {
        fetch: (app) => async (request, info) => {
          const response = await app.app.fetch(request, info);
          const cookie = request.headers.has("cookie");
          const { pathname } = new URL(request.url);
          if (request.method === "POST") posts.push([pathname, cookie, response.status]);
          return response;
        },
      });
      const deadLetter = await poison(dashboard.app, fixture.postgres.database);
      await dashboard.track({ eventType: "page_viewed" });

      await using site = openSite({ "/": "<!doctype html><title>Evil</title>" });
      const page = await dashboard.context.newPage();
      await page.goto(site.url.replace("localhost", host));
      const replay = JSON.stringify({ deadLetters: [{ eventId: deadLetter }] });
      await attack(page, `${dashboard.url}/api/trpc/eventIngestion.forceFlush`, "{}");
      await attack(page, `${dashboard.url}/api/trpc/admin.deadLetters.replay`, replay);
      for (const path of ["eventIngestion.forceFlush", "admin.deadLetters.replay"]) {
        // To browsers another port is the same site, so they send the cookie.
        const received = () =>
          posts.filter(([pathname, cookie]) =>
            pathname.endsWith(path) && cookie === (host === "localhost")
          );
        await until(() => received().length >= WITHOUT_PREFLIGHT, `the browser to send ${path}`);
      }
      assertEquals(posts.filter(([, , status]) => status < 400), []);
      assertEquals(await countBuffered(dashboard.app.kv), 1);

      const mine = await dashboard.open();
      await mine.getByRole("button", { name: "Force flush" }).click();
      await mine.getByText("Flushed 1 events").waitFor();
      assertEquals(await countBuffered(dashboard.app.kv), 0);
    },
  );
}
