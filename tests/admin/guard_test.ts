import type { AnyProcedure } from "@trpc/server";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assertEquals } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { answerOf } from "../support/server.ts";
import { appRouter } from "../../src/trpc/router.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

/** Every procedure of the router that is not public. */
const PROCEDURES = Object.entries<unknown>(appRouter._def.procedures)
  .map(([path, procedure]) => ({ path, type: (procedure as AnyProcedure)._def.type }))
  .filter(({ path }) => !/^eventIngestion\.track/.test(path));

async function call(app: TestApp, path: string, type: string, headers: HeadersInit) {
  const route = `/api/trpc/${path}`;
  if (type === "mutation") return await answerOf(app.post(route, {}, headers));
  const response = await app.get(route, headers);
  if (response.headers.get("content-type")?.startsWith("application/json")) {
    return await answerOf(response);
  }
  // A subscription reports errors in its stream.
  const text = await response.text();
  const [, data] = /^event: serialized-error\ndata: (.*)$/m.exec(text) ?? [];
  return { status: response.status, body: { error: JSON.parse(data ?? "{}") } };
}

async function codes(app: TestApp, headers: HeadersInit): Promise<Record<string, unknown>> {
  const answers: [string, unknown][] = [];
  for (const { path, type } of PROCEDURES) {
    const { body } = await call(app, path, type, headers);
    const { error } = body as { error?: { data?: { code: string } } };
    answers.push([path, error?.data?.code ?? "none"]);
  }
  return Object.fromEntries(answers);
}

function all(code: string): Record<string, string> {
  return Object.fromEntries(PROCEDURES.map(({ path }) => [path, code]));
}

Deno.test("6.3 every procedure for admins refuses callers without a token and every other role", async () => {
  await using app = await openTestApp(postgres.database);
  assertEquals(PROCEDURES.length, 14);
  assertEquals(await codes(app, {}), all("UNAUTHORIZED"));
  for (const role of ["CREATOR", "BRAND", "admin", ""]) {
    const authorization = `Bearer ${await app.token(role)}`;
    assertEquals(await codes(app, { authorization }), all("FORBIDDEN"), role);
  }
});

Deno.test("6.4 a page of another site cannot call procedures with an admin's cookie", async () => {
  await using app = await openTestApp(postgres.database);
  const cookie = `session=${await app.token("ADMIN")}`;
  const foreign: HeadersInit[] = [
    { cookie, "sec-fetch-site": "cross-site" },
    { cookie, "sec-fetch-site": "same-site" },
    { cookie, origin: "https://evil.example" },
    { cookie, origin: "null" },
    { cookie, origin: "http://sluice.test.evil.example" },
  ];
  for (const headers of foreign) {
    assertEquals(await codes(app, headers), all("FORBIDDEN"), JSON.stringify(headers));
  }
});

Deno.test("6.4 the dashboard, origins named by CORS_ORIGINS and bearer tokens are allowed", async () => {
  const shop = "https://shop.example";
  await using app = await openTestApp(postgres.database, { environment: { CORS_ORIGINS: shop } });
  const token = await app.token("ADMIN");
  const cookie = `session=${token}`;
  const host = "sluice.test";
  const allowed: HeadersInit[] = [
    { cookie, host, "sec-fetch-site": "same-origin", origin: "http://sluice.test" },
    { cookie, host, origin: "https://sluice.test" }, // behind a proxy that terminates TLS
    { cookie, "sec-fetch-site": "none" },
    { cookie }, // not a browser
    { cookie, "sec-fetch-site": "cross-site", origin: shop },
    {
      authorization: `Bearer ${token}`,
      "sec-fetch-site": "cross-site",
      origin: "https://a.example",
    },
  ];
  for (const headers of allowed) {
    const { status } = await call(app, "eventIngestion.forceFlush", "mutation", headers);
    assertEquals(status, 200, JSON.stringify(headers));
  }
});
