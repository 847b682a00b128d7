/** The file of a KV as SQL text, so that a fixture can be read and compared, and back. */

import { DatabaseSync, type SQLOutputValue } from "node:sqlite";

/** How a KV is written from its text. */
export interface WriteOptions {
  /** When the text was written, in epoch milliseconds. */
  readonly writtenAt: number;
  /** What may expire expires as long from now as it did then, or has expired. */
  readonly expiring: "kept" | "gone";
}

/** Reads a whole file, which may be in use. */
export function readKvText(path: string): string {
  using stack = new DisposableStack();
  const database = openFile(stack, path);
  const statements = ["begin;"];
  const objects = database.prepare(
    "select type, name, sql from sqlite_master where sql is not null",
  ).all();
  for (const { sql } of objects) statements.push(`${sql};`);
  for (const { type, name } of objects) {
    if (type !== "table") continue;
    for (const row of database.prepare(`select * from ${name}`).all()) {
      const columns = Object.keys(row).join(", ");
      const values = Object.values(row).map(toSql).join(", ");
      statements.push(`insert into ${name} (${columns}) values (${values});`);
    }
  }
  return `${[...statements, "commit;"].join("\n")}\n`;
}

/** Writes a new file. */
export function writeKvText(path: string, text: string, options: WriteOptions): void {
  using stack = new DisposableStack();
  const database = openFile(stack, path);
  database.exec(text);
  if (options.expiring === "gone") database.exec("delete from kv where expiration_ms >= 0");
  else {
    database.prepare("update kv set expiration_ms = expiration_ms + ? where expiration_ms >= 0")
      .run(Date.now() - options.writtenAt);
  }
}

/** Deno 2.5 has no `using` for databases. */
function openFile(stack: DisposableStack, path: string): DatabaseSync {
  return stack.adopt(new DatabaseSync(path), (database) => database.close());
}

function toSql(value: SQLOutputValue): string {
  if (value instanceof Uint8Array) return `x'${value.toHex()}'`;
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}
