import { createEnrichmentSink } from "../../src/store/enrichment_sink.ts";
import { createEventSink } from "../../src/store/event_sink.ts";
import { ENRICHMENT_VERSION } from "../../src/store/insert_enrichments.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { runTask, task } from "../support/command.ts";
import { enrichedAt } from "../support/enrichment.ts";
import { until } from "../support/until.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { newId } from "../support/ids.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const settings = { DATABASE_URL: postgres.url };
const MARCH = Date.parse("2026-03-01T12:00:00.000Z");
const spring = { utmSource: "news", utmMedium: "email", landingPage: "https://shop.example/" };

async function summary() {
  const [row] = await database.run((sql) =>
    sql`
      select count(*)::integer as rows, count(*) filter (where utm_source = 'news')::integer as right,
        min(country) as country, min(version) as version
      from event_enrichments
    `
  );
  return { ...row };
}

async function digestOfEvents(): Promise<string | undefined> {
  const [row] = await database.run((sql) =>
    sql<{ digest: string }[]>`
      select md5(string_agg(e::text || e.xmin, '' order by id)) as digest from events e
    `
  );
  return row?.digest;
}

Deno.test("7.14 reenrich applies the current rules and place database, and changes no event", async () => {
  const made = Array.from({ length: 1_203 }, (_, i) =>
    enrichedAt(MARCH + i, {
      eventType: "page_viewed",
      sessionId: newId(),
      attribution: spring,
      idempotencyKey: crypto.randomUUID(),
    }, { country: "FR", network: "81.2.69.0/24", utm_source: "wrong" }));
  await createEventSink(database).write(made.map(({ line }) => line));
  await createEnrichmentSink(database, new Map()).write(made.map(({ enriched }) => enriched));
  await database.run((sql) => sql`update event_enrichments set version = 0`);
  const eventsBefore = await digestOfEvents();

  const later = await runTask("reenrich", ["--since", "2026-03-02"], settings);
  assertEquals(later.out, "Re-enriched 0 of 0 events.\n", later.err);
  assertEquals(await summary(), { rows: 1_203, right: 0, country: "FR", version: 0 });

  const first = await runTask("reenrich", ["--since", "2026-01-01"], settings);
  assertEquals(first.out, "Re-enriched 1203 of 1203 events.\n", first.err);
  assertEquals(await summary(), {
    rows: 1_203,
    right: 1_203,
    country: "GB",
    version: ENRICHMENT_VERSION,
  });

  const again = await runTask("reenrich", ["--since", "2026-01-01"], settings);
  assertEquals(again.out, "Re-enriched 0 of 0 events.\n", "nothing left to do");
  const all = await runTask("reenrich", ["--since", "2026-01-01", "--all"], settings);
  assertEquals(all.out, "Re-enriched 1203 of 1203 events.\n");
  assertEquals(await digestOfEvents(), eventsBefore);
});

Deno.test("7.14 an interrupted reenrich prints how to continue, and a second run does the rest", async () => {
  const made = Array.from({ length: 12_000 }, (_, i) =>
    enrichedAt(MARCH + 1_000_000 + i, {
      eventType: "page_viewed",
      idempotencyKey: crypto.randomUUID(),
    }));
  for (let from = 0; from < made.length; from += 2_000) {
    const part = made.slice(from, from + 2_000);
    await createEventSink(database).write(part.map(({ line }) => line));
    await createEnrichmentSink(database, new Map()).write(part.map(({ enriched }) => enriched));
  }
  await database.run((sql) => sql`update event_enrichments set version = 0`);
  const old = async () => {
    const [row] = await database.run((sql) =>
      sql<{ old: number }[]>`
        select count(*)::integer as old from event_enrichments where version = 0
      `
    );
    return row?.old ?? 0;
  };
  const total = await old();
  const child = task("reenrich", ["--since", "2026-01-01"], settings).spawn();
  const output = Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  await until(async () => await old() < total, "the first pages");
  child.kill("SIGINT");
  const { code } = await child.status;
  const [out] = await output;
  const left = await old();
  assertEquals(code, 130, out);
  assertStringIncludes(out, `Re-enriched ${total - left} of ${total} events.`);
  assertStringIncludes(
    out,
    "Continue with: deno task reenrich --since 2026-01-01T00:00:00.000Z --before",
  );
  assert(left > 0 && left < total, `${left} of ${total} left`);
  const rest = await runTask("reenrich", ["--since", "2026-01-01"], settings);
  assertEquals(rest.out, `Re-enriched ${left} of ${left} events.\n`);
  assertEquals(await old(), 0);
});

Deno.test("reenrich names the option that is missing or invalid", async () => {
  const missing = await runTask("reenrich", [], settings);
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.err, "--since must be a date like 2026-01-01, got nothing.");
  assertStringIncludes(
    (await runTask("reenrich", ["--since", "soon"], settings)).err,
    '--since must be a date like 2026-01-01, got "soon".',
  );
});
