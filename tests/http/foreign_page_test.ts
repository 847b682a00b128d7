/** A page of another site can do nothing with the user's cookie. */

import { assertEquals } from "../support/assert.ts";
import { openTestApp } from "../support/app.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush } from "../support/server.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const SHOP = "https://shop.example";
const FOREIGN = { "origin": "https://elsewhere.example", "sec-fetch-site": "cross-site" };

/** The user of the only event of a type. */
async function userOf(eventType: string): Promise<readonly (string | null)[]> {
  return await postgres.database.run(async (sql) => {
    const rows = await sql<{ user_id: string | null }[]>`
      select user_id from events where event_type = ${eventType}
    `;
    return rows.map(({ user_id }) => user_id);
  });
}

const routes = [
  ["/v1/events", (event: unknown) => event],
  ["/v1/events/batch", (event: unknown) => ({ events: [event] })],
  ["/v1/beacon", (event: unknown) => event],
  ["/api/trpc/eventIngestion.track", (event: unknown) => event],
] as const;

for (const [path, wrap] of routes) {
  Deno.test(`6.4 a foreign page's event is anonymous: ${path}`, async () => {
    await using app = await openTestApp(postgres.database, {
      environment: { CORS_ORIGINS: SHOP },
    });
    const token = await app.token("CREATOR", "ann");
    const cookie = { cookie: `session=${token}` };
    const callers: readonly (readonly [string, Record<string, string>, string | null])[] = [
      ["foreign", { ...FOREIGN, ...cookie }, null],
      ["foreign, an old browser", { origin: FOREIGN.origin, ...cookie }, null],
      ["foreign, with the token", { ...FOREIGN, authorization: `Bearer ${token}` }, "ann"],
      ["foreign, with the token after a tab", {
        ...FOREIGN,
        authorization: `Bearer\t${token}`,
      }, "ann"],
      ["foreign, with the token alone", { ...FOREIGN, authorization: token }, "ann"],
      [
        "foreign, with other credentials",
        { ...FOREIGN, ...cookie, authorization: "Basic dTpw" },
        null,
      ],
      ["named in CORS_ORIGINS", { ...FOREIGN, origin: SHOP, ...cookie }, "ann"],
      ["of the same origin", { "sec-fetch-site": "same-origin", ...cookie }, "ann"],
      ["no browser", cookie, "ann"],
    ];
    const typeOf = (name: string) => `${path} ${name}`;
    for (const [name, headers] of callers) {
      const response = await app.post(path, wrap({ eventType: typeOf(name) }), headers);
      assertEquals(response.ok, true, name);
      await response.body?.cancel();
    }
    await forceFlush(app);
    for (const [name, , user] of callers) assertEquals(await userOf(typeOf(name)), [user], name);
  });
}

Deno.test("6.4 a foreign page's event is anonymous: the pixel", async () => {
  await using app = await openTestApp(postgres.database);
  const cookie = `session=${await app.token("CREATOR", "ann")}`;
  for (const [eventType, site] of [["foreign", "cross-site"], ["own", "same-origin"]]) {
    const headers = { cookie, "sec-fetch-site": site ?? "" };
    await (await app.get(`/v1/pixel.gif?eventType=pixel+${eventType}`, headers)).body?.cancel();
  }
  await forceFlush(app);
  assertEquals([await userOf("pixel foreign"), await userOf("pixel own")], [[null], ["ann"]]);
});

Deno.test("6.4 a malformed bearer header does not let a foreign page use the cookie", async () => {
  await using app = await openTestApp(postgres.database);
  const cookie = `session=${await app.token("CREATOR", "ann")}`;
  const headers = { ...FOREIGN, cookie, authorization: "Bearer a b" };
  const response = await app.post("/v1/events", { eventType: "no bearer" }, headers);
  await response.body?.cancel();
  await forceFlush(app);
  assertEquals(await userOf("no bearer"), [null]);
});
