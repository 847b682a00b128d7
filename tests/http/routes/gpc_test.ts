import { assertEquals } from "../../support/assert.ts";
import { openTestApp, type TestApp } from "../../support/app.ts";
import { asAdmin, forceFlush, openRoutesPostgres } from "../../support/server.ts";

const postgres = await openRoutesPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const SESSION = "7d5e2b1c-9a3f-4c6d-8e1b-2f4a6c8e0b1d";

interface Stored {
  readonly session_id: string | null;
  readonly user_id: string | null;
  readonly actor_type: string | null;
}

async function storedAs(eventType: string): Promise<readonly Stored[]> {
  return await postgres.database.run(async (sql) => [
    ...await sql<Stored[]>`
      select session_id, user_id, actor_type from events where event_type = ${eventType}
    `,
  ]);
}

async function signedIn(app: TestApp): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await app.token("CREATOR")}`, "sec-gpc": "1" };
}

for (
  const [route, path, wrap] of [
    ["/v1/events", "/v1/events", (event: unknown) => event],
    ["/v1/events/batch", "/v1/events/batch", (event: unknown) => ({ events: [event] })],
    ["/v1/beacon", "/v1/beacon", (event: unknown) => event],
    ["tRPC", "/api/trpc/eventIngestion.track", (event: unknown) => event],
  ] as const
) {
  Deno.test(`7.6 with Sec-GPC: 1 an event by ${route} has no user and no session`, async () => {
    await using app = await openTestApp(postgres.database);
    const eventType = `gpc ${route}`;
    const event = wrap({ eventType, sessionId: SESSION });
    const response = await app.post(path, event, await signedIn(app));
    assertEquals(response.ok, true);
    await response.body?.cancel();
    await forceFlush(app);
    assertEquals(await storedAs(eventType), [
      { session_id: null, user_id: null, actor_type: null },
    ]);
  });
}

Deno.test("7.6 HONOR_GPC=false stores user and session", async () => {
  await using app = await openTestApp(postgres.database, { environment: { HONOR_GPC: "false" } });
  const eventType = "gpc ignored";
  await (await app.post("/v1/events", { eventType, sessionId: SESSION }, await signedIn(app)))
    .text();
  await forceFlush(app);
  assertEquals(await storedAs(eventType), [
    { session_id: SESSION, user_id: "user_1", actor_type: "CREATOR" },
  ]);
});

Deno.test("7.6 two callers with Sec-GPC are not each other's duplicates", async () => {
  await using app = await openTestApp(postgres.database);
  const eventType = "gpc twice";
  const props = { occurred_at: new Date().toISOString() };
  for (const sessionId of [SESSION, crypto.randomUUID(), SESSION]) {
    await (await app.post("/v1/events", { eventType, sessionId, props }, { "sec-gpc": "1" }))
      .text();
  }
  await forceFlush(app);
  assertEquals((await storedAs(eventType)).length, 2);
});

Deno.test("7.6 an admin with Sec-GPC is still an admin", async () => {
  await using app = await openTestApp(postgres.database);
  const headers = { ...await asAdmin(app), "sec-gpc": "1" };
  const response = await app.get("/api/trpc/eventIngestion.getStats", headers);
  assertEquals(response.status, 200);
  await response.body?.cancel();
});
