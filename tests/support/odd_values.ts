/**
 * Values that an operator can write into a table in SQL. Tables, columns and types are those of
 * `information_schema`, so that a new table is tested, too.
 */

import type { Database, Sql } from "../../src/store/database.ts";

/** A column of a table. */
export interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  /** Whether it is a part of the primary key. */
  readonly isKey: boolean;
}

/** SQL expressions by the type of the column. */
const ODD: Readonly<Record<string, readonly string[]>> = {
  "timestamp with time zone": [
    "'infinity'",
    "'-infinity'",
    "'0044-03-15 00:00:00+00 BC'",
    "'4713-01-01 00:00:00+00 BC'",
    "'0001-01-01 00:00:00+00'",
    "'1969-12-31 23:59:59.999999+00'",
    "'10000-01-01 00:00:00+00'",
    "'280000-01-01 00:00:00+00'",
    "'294276-12-31 23:59:59.999999+00'",
  ],
  text: ["''", "'\t\n'", "'{'", "'[]'", "'NaN'", "repeat('€', 300)", "repeat('x', 1000000)"],
  jsonb: [
    "'5'",
    "'\"text\"'",
    "'true'",
    "'null'",
    "'[1, [2]]'",
    "'{}'",
    `'{"occurred_at": {}, "url": 5, "": null, "__proto__": 1, "landingPage": [], "referrer": 7}'`,
    `'{"userAgent": {}, "language": 1, "hints": "x", "referrer": [], "utmSource": {}}'`,
    "'1e400'",
    "to_jsonb(repeat('x', 1000000))",
    "(repeat('[', 3000) || repeat(']', 3000))::jsonb",
  ],
  bigint: ["9223372036854775807", "-9223372036854775808", "-1", "0"],
  "double precision": ["'NaN'", "'infinity'", "'-infinity'", "-1", "0", "1e308"],
  integer: ["2147483647", "-2147483648", "0"],
  boolean: ["true", "false"],
  uuid: [
    "'00000000-0000-0000-0000-000000000000'",
    "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
  ],
  cidr: ["'0.0.0.0/0'", "'::/0'", "'255.255.255.255'"],
};

/** The columns of all tables, except of partitions and of the list of migrations, which may stop the service. */
export async function readColumns(database: Database): Promise<Column[]> {
  const columns = await database.run((sql) =>
    sql<Column[]>`
      select c.table_name as table, column_name as name, data_type as type, exists (
        select from information_schema.key_column_usage k
        where (k.table_name, k.column_name) = (c.table_name, c.column_name)
      ) as "isKey"
      from information_schema.columns c
      join pg_class t on t.relname = c.table_name and t.relnamespace = 'public'::regnamespace
      where c.table_schema = 'public' and t.relkind in ('r', 'p') and not t.relispartition
        and c.table_name <> 'schema_migrations'
      order by 1, ordinal_position
    `
  );
  return [...columns];
}

/** The odd values of a column; it may refuse some of them. */
export function oddValuesOf({ type, isKey }: Column): string[] {
  const values = ODD[type];
  if (values === undefined) throw new Error(`no odd values of type ${type} yet: add some`);
  return isKey ? [...values] : [...values, "null"];
}

/** Copies a row of a table under another key, with an odd value in one column. @returns how many */
export async function insertOdd(
  sql: Sql,
  columns: readonly Column[],
  { table, name, type }: Column,
  odd: string,
): Promise<number> {
  const values = columns.map((column) => {
    if (column.name === name) return `${odd}::${type}`;
    if (column.name === "hash") return "hash || gen_random_uuid()"; // unique
    if (!column.isKey) return column.name;
    if (column.type === "uuid") return "gen_random_uuid()";
    return ["label", "value", "event_type"].includes(column.name)
      ? `${column.name} || gen_random_uuid()`
      : column.name;
  });
  const names = columns.map((column) => column.name).join(", ");
  const insert = `insert into ${table} (${names}) select ${
    values.join(", ")
  } from ${table} limit 1`;
  return await countChanged(sql, insert);
}

/** Writes an odd value into one column of all rows. @returns how many */
export async function updateOdd(
  sql: Sql,
  { table, name, type }: Column,
  odd: string,
): Promise<number> {
  return await countChanged(sql, `update ${table} set ${name} = ${odd}::${type}`);
}

/** Empties all tables. */
export async function clear(database: Database, columns: readonly Column[]): Promise<void> {
  const tables = new Set(columns.map(({ table }) => table));
  await database.run((sql) => sql.unsafe(`truncate ${[...tables].join(", ")}`));
}

/** Runs a statement; it changes nothing where a column refuses the value. */
async function countChanged(sql: Sql, statement: string): Promise<number> {
  try {
    return (await sql.unsafe(statement)).count;
  } catch (error) {
    if (error instanceof Error && "code" in error && /^(22|23|54)/.test(String(error.code))) {
      return 0;
    }
    throw error;
  }
}
