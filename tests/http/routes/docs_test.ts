import { assertEquals, assertMatch, assertStringIncludes } from "../../support/assert.ts";
import { openTestApp } from "../../support/app.ts";
import { openClosedDatabase } from "../../support/server.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

Deno.test("1.26 the page has a policy without inline scripts, styles and eval, and is not cached", async () => {
  await using app = await openTestApp(database);
  const { status, headers, body } = await app.get("/docs");
  await body?.cancel();
  assertEquals([status, headers.get("cache-control")], [200, "no-store"]);
  const policy = headers.get("content-security-policy") ?? "";
  assertStringIncludes(policy, "default-src 'none'; script-src 'self'; style-src 'self';");
  assertEquals(/unsafe[^;]*/.exec(policy), null, policy);
});

Deno.test("1.26 1.22 script and style are compressed, and cached under their hash", async () => {
  await using app = await openTestApp(database);
  const html = await (await app.get("/docs")).text();
  const urls = [...html.matchAll(/(?:href|src)="\.\/(docs\/docs\.(?:js|css)\?v=[0-9a-f]{16})"/g)]
    .map(([, url]) => `/${url}`);
  assertEquals(urls.length, 2, html);
  for (const url of urls) {
    const { headers, body } = await app.get(url, { "accept-encoding": "gzip" });
    await body?.cancel();
    assertMatch(headers.get("cache-control") ?? "", /immutable/, url);
    assertEquals(headers.get("content-encoding"), "gzip", url);
  }
});

Deno.test("without a build the page says what to do", async () => {
  await using app = await openTestApp(database, {
    parts: (parts) => ({ ...parts, assets: new Map() }),
  });
  const html = await (await app.get("/docs")).text();
  assertStringIncludes(html, "docs.js has not been built; run: deno task build");
});
