/** A visitor whose browser has a content blocker with public lists. */

import { assert, assertEquals } from "../support/assert.ts";
import { type BrowserContext, browserTest, openBrowser } from "../support/browser.ts";
import { isListed, type RequestKind } from "../support/block_list.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { openFixture } from "./fixture.ts";

const postgres = await openTestPostgres();
const browser = await openBrowser();
Deno.test.afterAll(async () => {
  await browser.close();
  await postgres[Symbol.asyncDispose]();
});

/** What `deno task build` prints. */
async function readBuilt(): Promise<string> {
  const args = ["run", "-A", "src/build/assets.ts"];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert(success, "deno task build failed");
  return new TextDecoder().decode(stdout);
}

/** Blocks what the lists name; returns what was blocked. */
async function block(context: BrowserContext): Promise<readonly string[]> {
  const blocked: string[] = [];
  const kinds: Readonly<Record<string, RequestKind>> = { script: "script", image: "image" };
  await context.route(/^http:\/\/\w+\.localhost/, async (route) => {
    const request = route.request();
    const type = request.resourceType();
    const kind = kinds[type] ?? (/^(ping|beacon)$/.test(type) ? "ping" : "fetch");
    if (!isListed(kind, request.url())) return await route.fallback();
    blocked.push(`${kind} ${request.url()}`);
    await route.abort("blockedbyclient");
  });
  return blocked;
}

/** Hosts that lists have rules for. */
for (const [index, label] of ["stats", "analytics", "tracking"].entries()) {
  browserTest(
    `1.23 nothing of the printed tag is blocked on ${label}.…, nor at page exit`,
    async () => {
      const [, tag] = /(<script[^]*<\/script>)/.exec(await readBuilt()) ?? [];
      assert(tag !== undefined, "deno task build prints no tag");
      const path = `/${label}-${crypto.randomUUID()}`;
      await using fixture = await openFixture(browser, postgres, {
        pages: (service) => ({
          [path]: `<!doctype html><title>Tag</title><link rel="icon" href="data:,">
          ${tag.replace("https://…", service.replace("localhost", `${label}.localhost`))}`,
          "/away": `<!doctype html><title>Away</title><link rel="icon" href="data:,">`,
        }),
      });
      const blocked = await block(fixture.context);
      const page = await fixture.visit(path);
      assertEquals(await page.evaluate("typeof sluice?.analytics"), "object", blocked.join());
      const viewed = await fixture.stored("page_viewed", index + 1);
      assertEquals(viewed.filter(({ props }) => String(props["url"]).endsWith(path)).length, 1);
      await page.evaluate(`sluice.analytics.track("left ${path}")`);
      await page.goto(`${fixture.site}/away`);
      assertEquals((await fixture.stored(`left ${path}`, 1)).length, 1);
      assertEquals(blocked, []);
    },
  );
}

browserTest("1.23 the printed pixel is not blocked", async () => {
  const [, pixel] = /(<img[^>]*>)/.exec(await readBuilt()) ?? [];
  assert(pixel !== undefined, "deno task build prints no pixel");
  await using fixture = await openFixture(browser, postgres, {
    pages: (service) => ({
      "/mail": `<!doctype html><title>A mail</title><link rel="icon" href="data:,">
        ${pixel.replace("https://…", service.replace("localhost", "stats.localhost"))}`,
    }),
  });
  const blocked = await block(fixture.context);
  await fixture.visit("/mail");
  assertEquals((await fixture.stored("email_opened", 1)).length, 1);
  assertEquals(blocked, []);
});
