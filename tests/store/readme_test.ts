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

Deno.test("migrations/README.md lists every table with its columns", async () => {
  const rows = await postgres.database.run((sql) =>
    sql<{ table: string; columns: string[] }[]>`
      select relname as table, to_json(array(
        select attname from pg_attribute
        where attrelid = c.oid and attnum > 0 and not attisdropped order by attname
      )) as columns
      from pg_class c
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and not relispartition and relname <> 'schema_migrations'
      order by relname
    `
  );
  const sections = [...README.matchAll(/^### (\w+)\n(.*?)(?=^##)/gms)]
    .map(([, table, text = ""]) => ({
      table,
      columns: [...text.matchAll(/^\| (`.*?) +\|/gm)]
        .flatMap(([, cell = ""]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name))
        .toSorted(),
    }))
    .toSorted((a, b) => (a.table ?? "") < (b.table ?? "") ? -1 : 1);
  assertEquals(sections, rows.map((row) => ({ ...row })));
});
