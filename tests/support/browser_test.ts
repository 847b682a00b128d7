import { browserTest, openBrowser } from "./browser.ts";
import { assertEquals } from "./assert.ts";

const browser = await openBrowser();
Deno.test.afterAll(async () => await browser.close());

async function openTitle(title: string): Promise<string> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.setContent(`<title>${title}</title>`);
  const found = await page.title();
  await context.close();
  return found;
}

browserTest("a Chromium that dies is replaced, however often", async () => {
  for (const title of ["first", "second", "third"]) {
    assertEquals(await openTitle(title), title);
    const page = await browser.newPage();
    const session = await page.context().newCDPSession(page);
    await session.send("Browser.crash").catch(() => {}); // the connection ends with it
  }
  assertEquals(await openTitle("last"), "last");
});
