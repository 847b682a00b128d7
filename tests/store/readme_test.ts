import { assertEquals, assertGreater } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const README = await Deno.readTextFile(new URL("../../migrations/README.md", import.meta.url));

class Rollback extends Error {}

Deno.test("every SQL block of migrations/README.md runs on a migrated database", async () => {
  const blocks = [...README.matchAll(/^```sql\n(.*?)^```$/gms)].map(([, text]) => text ?? "");
  assertGreater(blocks.length, 0);
  for (const block of blocks) {
    const run = postgres.database.run((sql) =>
      sql.begin(async (tx) => {
        await tx.unsafe(block);
        throw new Rollback();
      })
    );
    await run.catch((error) => {
      if (!(error instanceof Rollback)) throw new Error(`${error}, in:\n${block}`);
    });
  }
});

Deno.test("migrations/README.md lists every table with its columns, and nothing else", async () => {
  const rows = await postgres.database.run((sql) =>
    sql<{ name: string }[]>`
      select relname || '.' || attname as name
      from pg_class c join pg_attribute a on attrelid = c.oid
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        and relname <> 'schema_migrations' and attnum > 0 and not attisdropped
    `
  );
  const columns = new Set(rows.map(({ name }) => name));
  const listed = new Set(
    [...README.matchAll(/^### (\w+)\n(.*?)(?=^##)/gms)].flatMap(([, table, text = ""]) =>
      [...text.matchAll(/^\| (`.*?) +\|/gm)]
        .flatMap(([, cell = ""]) => [...cell.matchAll(/`(\w+)`/g)])
        .map(([, column]) => `${table}.${column}`)
    ),
  );
  assertEquals([...columns.difference(listed)], [], "add these to migrations/README.md");
  assertEquals([...listed.difference(columns)], [], "remove these from migrations/README.md");
});

Deno.test("7.1 7.2 the contract names every column of events, of enrichments and of sessions", async () => {
  const contract = await Deno.readTextFile(new URL("../../src/CONTRACT.md", import.meta.url));
  const rules = [...contract.matchAll(/^- 7\.[12] .*?(?=^- |^#)/gms)].join("");
  const internal = ["context", "version", "entry_at", "visitor_at", "visitor_is_bot", "user_at"];
  const rows = await postgres.database.run((sql) =>
    sql<{ name: string }[]>`
      select distinct attname as name from pg_attribute
      where attrelid in ('events'::regclass, 'event_enrichments'::regclass, 'sessions'::regclass)
        and attnum > 0 and not attisdropped and attname not like '%attribution_at'
    `
  );
  const unnamed = rows.map(({ name }) => name)
    .filter((name) => !internal.includes(name) && !new RegExp(`\\b${name}\\b`).test(rules));
  assertEquals(unnamed, [], "add these to 7.1 or 7.2 of src/CONTRACT.md");
});
