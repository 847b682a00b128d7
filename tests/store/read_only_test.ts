import { assertEquals, assertRejects } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { queryReadOnly } from "../../src/store/read_only.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const INSERT =
  "insert into events (id, occurred_at, received_at, event_type, known_event_type, source) " +
  "values ('0190a0b0-0000-7000-8000-000000000000', now(), now(), 'x', false, 'web')";

const ATTEMPTS = [
  INSERT,
  `commit; ${INSERT}`,
  `rollback; begin; ${INSERT}; commit`,
  "end; create table forged (x integer)",
  `select 1; commit; ${INSERT}`,
  `set transaction read write; ${INSERT}`,
  `begin read write; ${INSERT}; commit`,
  `do $$ begin set transaction read write; ${INSERT}; end $$`,
  `do $$ begin perform set_config('transaction_read_only', 'off', true); ${INSERT}; end $$`,
  `do $$ begin commit; ${INSERT}; end $$`,
  `with written as (${INSERT} returning 1) select * from written`,
  `explain analyze ${INSERT}`,
  "select make_partitions(now() + interval '9 years', 1)",
  "create table forged as select 1 as x",
  "drop table events",
  "truncate events",
];

async function readState(): Promise<unknown> {
  const [row] = await postgres.database.run((sql) =>
    sql`select (select count(*) from events) as events, (select count(*) from pg_class) as relations`
  );
  return row;
}

Deno.test("the rows of a statement are returned", async () => {
  const rows = await postgres.database.run((sql) =>
    queryReadOnly(sql, "select 1 as one, null as none")
  );
  assertEquals([...rows], [{ one: 1, none: null }]);
});

for (const attempt of ATTEMPTS) {
  Deno.test(`nothing is written by ${attempt.replace(INSERT, "insert …")}`, async () => {
    const before = await readState();
    await assertRejects(() => postgres.database.run((sql) => queryReadOnly(sql, attempt)));
    assertEquals(await readState(), before);
  });
}
