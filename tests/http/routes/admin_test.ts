import { mintToken } from "../../../src/auth/token.ts";
import { toAsset } from "../../../src/http/assets.ts";
import { openTestApp, SECRET, type TestApp } from "../../support/app.ts";
import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertStringIncludes,
} from "../../support/assert.ts";
import { openTestPostgres } from "../../support/postgres.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

async function signIn(app: TestApp, token: string, headers: HeadersInit = {}): Promise<Response> {
  const body = new URLSearchParams({ token }).toString();
  return await app.app.fetch(
    new Request("http://sluice.test/admin/sign-in", {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "content-length": String(body.length),
        "sec-fetch-site": "same-origin",
        ...headers,
      },
      body,
    }),
  );
}

Deno.test("/admin shows admins the dashboard, and everyone else the sign-in form", async () => {
  await using app = await openTestApp(postgres.database);
  const asked: [HeadersInit, number, string][] = [
    [{}, 200, "<form"],
    [{ cookie: "session=nonsense" }, 401, "This token is not accepted: it is not a valid JWT."],
    [{ cookie: `session=${await app.token("CREATOR")}` }, 403, "requires the ADMIN role"],
    [{ cookie: `session=${await app.token("ADMIN")}` }, 200, '<div id="dashboard">'],
  ];
  for (const [headers, status, text] of asked) {
    const response = await app.get("/admin", headers);
    assertEquals(response.status, status);
    assertStringIncludes(await response.text(), text);
    assertEquals(response.headers.get("cache-control"), "no-store");
    const policy = response.headers.get("content-security-policy") ?? "";
    assertMatch(policy, /^default-src 'none'; script-src 'self';/);
    assert(!policy.includes("unsafe"));
  }
});

Deno.test("6.7 signing in sets a cookie that scripts and other sites cannot use, until the token expires", async () => {
  await using app = await openTestApp(postgres.database);
  const token = await mintToken(
    SECRET,
    { sub: "a", role: "ADMIN", expiresInSeconds: 600 },
    Date.now(),
  );
  const response = await signIn(app, ` ${token}\n`);
  assertEquals([response.status, response.headers.get("location")], [303, "../admin"]);
  const cookie = response.headers.get("set-cookie") ?? "";
  assert(cookie.startsWith(`sluice_admin=${token};`), cookie);
  for (const part of ["HttpOnly", "SameSite=Strict", "Path=/"]) assertStringIncludes(cookie, part);
  const expires = Date.parse(/Expires=([^;]+)/.exec(cookie)?.[1] ?? "");
  assertLess(Math.abs(expires - Date.now() - 600_000), 5_000);
  assert(!cookie.includes("Secure"), "plain HTTP would never get it back");
  const overTls = await signIn(app, token, { origin: "https://sluice.test", host: "sluice.test" });
  assertMatch(overTls.headers.get("set-cookie") ?? "", /^__Host-sluice_admin=.*; Secure/);
});

Deno.test("6.7 signing in without an admin token sets no cookie and shows why", async () => {
  await using app = await openTestApp(postgres.database);
  const refused: [string, HeadersInit, number][] = [
    ["nonsense", {}, 401],
    ["", {}, 401],
    [await app.token("CREATOR"), {}, 403],
    [await app.token("ADMIN"), { "sec-fetch-site": "cross-site" }, 403],
    ["x".repeat(20_000), {}, 413],
  ];
  for (const [token, headers, status] of refused) {
    const response = await signIn(app, token, headers);
    assertEquals([response.status, response.headers.get("set-cookie")], [status, null]);
    const html = await response.text();
    assertStringIncludes(html, 'role="alert"');
    assert(token === "" || !html.includes(token), "a token is never shown");
  }
});

Deno.test("6.7 an admin who is signed in on the site as somebody else signs in all the same", async () => {
  await using app = await openTestApp(postgres.database, {
    environment: { AUTH_COOKIE: "authjs.session-token" },
  });
  const site = `__Secure-authjs.session-token=${await app.token("CREATOR")}`;
  const before = await app.get("/admin", { cookie: site });
  assertEquals(before.status, 403);
  await before.body?.cancel();
  const headers = { cookie: site, origin: "https://sluice.test", host: "sluice.test" };
  const signedIn = await signIn(app, await app.token("ADMIN"), headers);
  const [own] = (signedIn.headers.get("set-cookie") ?? "").split(";");
  assertEquals(own?.startsWith("__Host-sluice_admin="), true);
  const after = await app.get("/admin", { cookie: `${site}; ${own}` });
  assertEquals([after.status, /id="dashboard"/.test(await after.text())], [200, true]);
});

Deno.test("6.7 signing out deletes the cookie, unless another site's page requests it", async () => {
  await using app = await openTestApp(postgres.database);
  const post = (site: string) => app.post("/admin/sign-out", "", { "sec-fetch-site": site });
  const out = await post("same-origin");
  assertEquals(out.status, 303);
  assertMatch(
    out.headers.get("set-cookie") ?? "",
    /^sluice_admin=; Max-Age=0;.*, __Host-sluice_admin=; Max-Age=0;.*Secure/,
  );
  assertEquals((await post("cross-site")).headers.get("set-cookie"), null);
});

Deno.test("the page links to its script and style with their hashes", async () => {
  const script = toAsset("// dashboard");
  await using app = await openTestApp(postgres.database, {
    parts: (parts) => ({ ...parts, assets: new Map([["dashboard.js", script]]) }),
  });
  const page = await app.get("/admin", { cookie: `session=${await app.token("ADMIN")}` });
  assertStringIncludes(await page.text(), `"./admin/dashboard.js?v=${script.hash}"`);
  const asset = await app.get(`/admin/dashboard.js?v=${script.hash}`);
  assertEquals(asset.headers.get("cache-control"), "public, max-age=31536000, immutable");
  assertEquals(await asset.text(), "// dashboard");
});
