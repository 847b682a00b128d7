import { assertEquals, assertMatch } from "../../support/assert.ts";
import { openTestApp } from "../../support/app.ts";
import { openClosedDatabase } from "../../support/server.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

Deno.test("1.25 the description may be cached and is sent again only if it changed", async () => {
  await using app = await openTestApp(database);
  const first = await app.get("/openapi.json");
  assertEquals(first.headers.get("content-type"), "application/json");
  assertEquals(first.headers.get("cache-control"), "public, max-age=300");
  const { openapi, info } = await first.json();
  assertMatch(openapi, /^3\.1\./);
  assertEquals(info.title, "Sluice");

  const etag = first.headers.get("etag") ?? "";
  const second = await app.get("/openapi.json", { "if-none-match": etag });
  assertEquals([second.status, second.body], [304, null]);
});

Deno.test("1.25 pages of any origin may read the description", async () => {
  const environment = { CORS_ORIGINS: "https://shop.example" };
  await using app = await openTestApp(database, { environment });
  for (const origin of ["https://shop.example", "https://editor.example", "null"]) {
    const { headers, body } = await app.get("/openapi.json", { origin });
    await body?.cancel();
    assertEquals(headers.get("access-control-allow-origin"), "*", origin);
    assertEquals(headers.get("access-control-allow-credentials"), null, origin);
  }
});
