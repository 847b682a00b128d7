import { Hono } from "hono";
import { gunzipSync } from "node:zlib";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { openTestApp } from "../support/app.ts";
import { openClosedDatabase, serve } from "../support/server.ts";
import { assetRoute, JAVASCRIPT, readAssets, toAsset } from "../../src/http/assets.ts";
import type { HttpEnv } from "../../src/http/env.ts";

const TEXT = "let a = 1;\n".repeat(50);
const asset = toAsset(TEXT);
const app = new Hono<HttpEnv>()
  .get("/a.js", assetRoute(new Map([["a.js", asset]]), "a.js", JAVASCRIPT))
  .get("/b.js", assetRoute(new Map(), "b.js", JAVASCRIPT));

Deno.test("1.10 an asset is immutable at the URL with its hash, and cached for five minutes elsewhere", async () => {
  for (
    const [query, kept] of [
      [`?v=${asset.hash}`, "public, max-age=31536000, immutable"],
      ["?v=0123456789abcdef", "public, max-age=300"],
      ["", "public, max-age=300"],
    ]
  ) {
    const response = await app.request(`/a.js${query}`);
    assertEquals(response.headers.get("cache-control"), kept);
    assertEquals(response.headers.get("content-type"), JAVASCRIPT);
    assertEquals(await response.text(), TEXT);
  }
});

Deno.test("a client that has the asset gets 304", async () => {
  const etag = `W/"${asset.hash}"`;
  for (const known of [etag, `"other", ${etag}`]) {
    const response = await app.request("/a.js", { headers: { "if-none-match": known } });
    assertEquals([response.status, await response.text()], [304, ""]);
    assertEquals(response.headers.get("etag"), etag);
  }
  const other = await app.request("/a.js", { headers: { "if-none-match": '"other"' } });
  assertEquals(other.status, 200);
});

Deno.test("an asset that has not been built says how to build it", async () => {
  const response = await app.request("/b.js");
  assertEquals([response.status, await response.json()], [404, {
    code: "NOT_FOUND",
    message: "b.js has not been built; run: deno task build",
  }]);
});

Deno.test("a missing folder has no assets, an existing one has its scripts", async () => {
  const folder = await Deno.makeTempDir();
  const url = new URL(`file://${folder}/`);
  assertEquals([...await readAssets(new URL("missing/", url))], []);
  await Deno.writeTextFile(`${folder}/a.js`, TEXT);
  await Deno.writeTextFile(`${folder}/notes.txt`, "x");
  assertEquals([...await readAssets(url)], [["a.js", asset]]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("1.10 GET /analytics.js serves the SDK to any page, gzipped if accepted", async () => {
  await using database = openClosedDatabase();
  await using opened = await openTestApp(database);
  await using server = serve(opened.app);
  const { hostname, port } = new URL(server.url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const request =
    `GET /analytics.js HTTP/1.1\r\nhost: ${hostname}\r\norigin: https://shop.example\r\n` +
    "accept-encoding: gzip\r\nconnection: close\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  const bytes = new Uint8Array(await new Response(connection.readable).arrayBuffer());
  const end = new TextDecoder("latin1").decode(bytes).indexOf("\r\n\r\n");
  const head = new TextDecoder().decode(bytes.subarray(0, end)).toLowerCase();
  assertMatch(head, /^http\/1.1 200/);
  assertMatch(head, /content-type: text\/javascript/);
  assertMatch(head, /access-control-allow-origin: \*/);
  assertMatch(head, /content-encoding: gzip/);
  const body = bytes.subarray(end + 4);
  assertStringIncludes(gunzipSync(body).toString(), "createAnalytics");
});
