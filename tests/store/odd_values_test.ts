import { PipelineCounts } from "../../src/admin/pipeline_counts.ts";
import { botEnricher } from "../../src/enrichment/bot.ts";
import { createCampaignEnricher } from "../../src/enrichment/campaign.ts";
import { runEnrichers } from "../../src/enrichment/enrich.ts";
import { networkEnricher } from "../../src/enrichment/network.ts";
import { userAgentEnricher } from "../../src/enrichment/user_agent.ts";
import { FIRST_PAGE, readPage, updateEnrichments } from "../../src/store/reenrich.ts";
import type { Sql } from "../../src/store/database.ts";
import { createKey } from "../support/api_keys.ts";
import { openTestApp } from "../support/app.ts";
import { assertEquals, assertGreater } from "../support/assert.ts";
import { adminClient } from "../support/admin.ts";
import { FakeClock } from "../support/clock.ts";
import { newId } from "../support/ids.ts";
import { clear, type Column, oddValuesOf, readColumns, updateOdd } from "../support/odd_values.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { forceFlush } from "../support/server.ts";
import { until } from "../support/until.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const columns = await readColumns(database);
const ENRICHERS = [
  userAgentEnricher,
  botEnricher,
  networkEnricher,
  createCampaignEnricher({ ownHosts: [] }),
];
const tables = new Set(columns.map(({ table }) => table));

// Rows of events are only ever added, so that those before them do not matter.
for (const table of tables.difference(new Set(["events", "event_enrichments"]))) {
  Deno.test(`7.23 odd values in ${table} stop no event of the same session and minute`, async () => {
    await clear(database, columns);
    await createKey(database);
    await using app = await openTestApp(database);
    const { admin } = adminClient(app);
    const sessionId = newId();
    const occurred_at = new Date().toISOString();

    /** Sends an event, and waits until it is stored and enriched, at once or by a sweep that is under way. */
    async function send(n: number, after: string): Promise<void> {
      const idempotencyKey = newId();
      const props = { n, occurred_at };
      const attribution = { landingPage: "https://shop.example/" };
      const event = { eventType: "odd", sessionId, idempotencyKey, props, attribution };
      await (await app.post("/v1/events", event)).body?.cancel();
      await forceFlush(app);
      await app.app.everyMinute();
      await until(
        async () => (await admin.receipt.query({ idempotencyKey })).state === "enriched",
        `an enriched event after ${after}`,
      );
    }

    await send(0, "no odd value");
    let changed = 0;
    for (const column of columns.filter((column) => column.table === table)) {
      for (const odd of oddValuesOf(column)) {
        const rows = await database.run((sql) => updateOdd(sql, column, odd));
        if (rows === 0) continue;
        changed += 1;
        await send(changed, `${column.name} ${odd}`);
      }
    }
    if (table !== "dead_letters" && table !== "pipeline_counts") assertGreater(changed, 0);
  });
}

Deno.test("7.23 a count at the limit of its column stays there", async () => {
  await clear(database, columns);
  const clock = new FakeClock(Date.now());
  const counts = new PipelineCounts({ clock, database });
  const read = async () => {
    const rows = await database.run((sql) =>
      sql<{ label: string; count: string }[]>`select label, count from pipeline_counts order by 1`
    );
    return rows.map(({ label, count }) => `${label} ${count}`);
  };
  counts.add("rejected", "full");
  await counts.write();
  await database.run((sql) => sql`update pipeline_counts set count = 9223372036854775807`);
  counts.add("rejected", "full");
  counts.add("rejected", "other");
  await counts.write();
  assertEquals(await read(), ["full 9223372036854775807", "other 1"]);
});

Deno.test("7.14 reenrich gets past rows with odd values", async () => {
  await clear(database, columns);
  await using app = await openTestApp(database);
  await (await app.post("/v1/events", { eventType: "odd", props: {} })).body?.cancel();
  await app.app.everyMinute();
  let rows = 1;
  for (const column of columns) {
    const isEvent = column.table === "events";
    const isRead = isEvent || column.table === "event_enrichments";
    if (!isRead || (column.name !== "occurred_at" && column.type !== "jsonb")) continue;
    for (const odd of oddValuesOf(column)) {
      const id = newId();
      const valueOf = ({ table, name, type }: Column) => {
        if (name === "id" || name === "event_id") return `'${id}'`;
        const isOdd = name === column.name && (name === "occurred_at" || table === column.table);
        return isOdd ? `${odd}::${type}` : name;
      };
      for (const table of ["events", "event_enrichments"]) {
        const own = columns.filter((column) => column.table === table);
        const names = own.map(({ name }) => name).join(", ");
        await database.run((sql) =>
          sql.unsafe(`
            insert into ${table} (${names}) select ${own.map(valueOf).join(", ")} from ${table}
            where occurred_at between now() - interval '1 day' and now() limit 1
          `)
        );
      }
      rows += 1;
    }
  }
  const selection = { since: new Date(0), before: new Date("9999-12-31"), all: true };
  const page = await database.run((sql) => readPage(sql, selection, FIRST_PAGE, 1_000));
  assertGreater(page.length, rows / 2); // others occurred before `since`
  const enriched = runEnrichers(page, ENRICHERS, () => {});
  await database.run((sql) =>
    sql.begin((tx) => updateEnrichments(tx as unknown as Sql, enriched, () => "none"))
  );
});
