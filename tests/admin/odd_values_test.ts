import { MEASURES } from "../../src/admin/schema/timeseries.ts";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assertEquals, assertGreater } from "../support/assert.ts";
import { adminClient, poison } from "../support/admin.ts";
import { createKey } from "../support/api_keys.ts";
import { newId } from "../support/ids.ts";
import { clear, insertOdd, oddValuesOf, readColumns } from "../support/odd_values.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { asAdmin } from "../support/server.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const columns = await readColumns(database);
const tables = new Set(columns.map(({ table }) => table));
const sessionId = newId();

/** An application with a row in every table. */
async function openFilledApp(): Promise<TestApp> {
  await clear(database, columns);
  const app = await openTestApp(database, { environment: { DEMO: "true" } });
  const attribution = { utmSource: "odd", landingPage: "https://shop.example/" };
  const event = { eventType: "odd", sessionId, idempotencyKey: newId(), attribution, props: {} };
  await (await app.post("/v1/events", event)).body?.cancel();
  await poison(app, database);
  await createKey(database, { name: "odd" });
  await database.run((sql) =>
    sql`insert into pipeline_counts values ('duplicates', date_trunc('minute', now()), 'a', 1)`
  );
  await app.app.everyMinute();
  return app;
}

/** Calls every procedure and page that reads Postgres. @returns the responses that are none */
async function readEverything(app: TestApp, ids: readonly string[]): Promise<string[]> {
  const headers = await asAdmin(app);
  const failures: string[] = [];
  async function get(path: string, input?: unknown): Promise<string> {
    const query = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
    const response = await app.get(`${path}${query}`, headers);
    const text = await response.text();
    if (response.status !== 200) failures.push(`${path} ${response.status} ${text}`.slice(0, 300));
    return text;
  }
  async function readPages(procedure: string, input: object): Promise<void> {
    let cursor: string | undefined;
    for (let pages = 0; pages < 100; pages++) {
      const page = { ...input, limit: 5, ...(cursor ? { cursor } : {}) };
      const { result } = JSON.parse(await get(`/api/trpc/admin.${procedure}`, page));
      cursor = result?.data.nextCursor;
      if (!cursor) return;
    }
    failures.push(`${procedure} has no last page`);
  }
  await readPages("recentEvents", {});
  await readPages("deadLetters.list", {});
  await readPages("deadLetters.list", { state: "replayed" });
  for (const measure of MEASURES) {
    await get("/api/trpc/admin.timeseries", { measure, range: "day" });
  }
  for (const eventId of ids) await get("/api/trpc/admin.receipt", { eventId });
  const procedures = [
    "admin.overview",
    "admin.rejections",
    "admin.apiKeys.list",
    "eventIngestion.getStats",
  ];
  for (const procedure of procedures) await get(`/api/trpc/${procedure}`);
  for (const path of ["/metrics", "/readyz", "/admin"]) await get(path);
  await get(`/demo/events?session=${sessionId}`);
  return failures;
}

for (const table of tables) {
  Deno.test(`9.13 odd values in ${table} break no procedure and no page`, async () => {
    await using app = await openFilledApp();
    const own = columns.filter((column) => column.table === table);
    const idColumn = own.find(({ name }) => name === "id" || name === "event_id")?.name;
    const failures: string[] = [];
    let inserted = 0;
    for (const column of own) {
      for (const odd of oddValuesOf(column)) {
        inserted += await database.run((sql) => insertOdd(sql, own, column, odd));
      }
      const rows = idColumn === undefined
        ? []
        : await database.run((sql) =>
          sql.unsafe<{ id: string }[]>(
            `select ${idColumn} as id from ${table} order by random() limit 20`,
          )
        );
      await app.app.everyMinute(); // reconciles
      const found = await readEverything(app, rows.map(({ id }) => id));
      failures.push(...found.map((failure) => `${column.name}: ${failure}`));
    }
    assertEquals(failures, []);
    assertGreater(inserted, own.length);
  });
}

Deno.test("9.13 dead letters with odd values are replayed once, or invalid", async () => {
  await using app = await openFilledApp();
  const { admin } = adminClient(app);
  const own = columns.filter(({ table }) => table === "dead_letters");
  for (const column of own.filter(({ name }) => name !== "event_id")) {
    for (const odd of oddValuesOf(column)) {
      const [row] = await database.run((sql) =>
        sql<
          { event_id: string; payload: string }[]
        >`select event_id, payload from dead_letters limit 1`
      );
      const eventId = newId();
      const payload = row?.payload.replaceAll(row.event_id, eventId) ?? "";
      const changed = await database.run(async (sql) => {
        await sql`
          insert into dead_letters (event_id, event_type, step, reason, payload)
          values (${eventId}::uuid, 'poison', 'flush', 'odd', ${payload})
        `;
        const { count } = await sql.unsafe(
          `update dead_letters set ${column.name} = ${odd}::${column.type} where event_id = '${eventId}'`,
        ).catch(() => ({ count: 0 }));
        return count;
      });
      if (changed === 0) continue;
      const what = `${column.name} ${odd}`;
      const replay = async () => {
        const { results } = await admin.deadLetters.replay.mutate({ deadLetters: [{ eventId }] });
        return results[0]?.result;
      };
      const first = await replay();
      const isBroken = column.name === "payload";
      const wasReplayed = column.name === "replayed_at" && odd !== "null";
      assertEquals(
        [what, first],
        [what, isBroken ? "invalid" : wasReplayed ? "already_replayed" : "replayed"],
      );
      if (isBroken) continue;
      assertEquals([what, await replay()], [what, "already_replayed"]);
      const { deadLetters } = await admin.deadLetters.list.query({ limit: 200 });
      const waiting = deadLetters.some((deadLetter) => deadLetter.eventId === eventId);
      assertEquals([what, waiting], [what, false]);
    }
  }
});
