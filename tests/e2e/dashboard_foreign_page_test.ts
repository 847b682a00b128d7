import { countBuffered } from "../../src/kv/counter.ts";
import { poison } from "../support/admin.ts";
import { assertEquals } from "../support/assert.ts";
import { browserTest, openSite, type Page } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { openDashboard, openRoom } from "./dashboard_fixture.ts";

const room = await openRoom();

/** What of an attack a browser sends without asking the service first: five by script, and the form. */
const SENT_UNASKED = 6;

/** What a page can have a browser send: with and without a question beforehand, by script and by form. */
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
  const whose = host === "localhost" ? "a neighbour's page" : "a foreign page";
  browserTest(
    `${whose} can neither force a flush nor replay`,
    async () => {
      const posts: [path: string, cookie: boolean, status: number][] = [];
      await using dashboard = await openDashboard(room, {
        fetch: (app) => async (request, info) => {
          const response = await app.app.fetch(request, info);
          const cookie = request.headers.has("cookie");
          const { pathname } = new URL(request.url);
          if (request.method === "POST") posts.push([pathname, cookie, response.status]);
          return response;
        },
      });
      const deadLetter = await poison(dashboard.app, room.postgres.database);
      await dashboard.track({ eventType: "waits" });

      await using site = openSite({ "/": "<!doctype html><title>Evil</title>" });
      const page = await dashboard.context.newPage();
      await page.goto(site.url.replace("localhost", host));
      const replay = JSON.stringify({ deadLetters: [{ eventId: deadLetter }] });
      await attack(page, `${dashboard.url}/api/trpc/eventIngestion.forceFlush`, "{}");
      await attack(page, `${dashboard.url}/api/trpc/admin.deadLetters.replay`, replay);
      for (const path of ["eventIngestion.forceFlush", "admin.deadLetters.replay"]) {
        // A neighbour on another port is the same site to browsers, which give it the cookie along.
        const tried = () =>
          posts.filter(([tried, cookie]) =>
            tried.endsWith(path) && cookie === (host === "localhost")
          );
        await until(() => tried().length >= SENT_UNASKED, `the browser to send ${path}`);
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
