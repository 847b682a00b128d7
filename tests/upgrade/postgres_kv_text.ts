/** A KV in PostgreSQL as SQL text, so that a fixture can be read and compared, and back. */

import postgres from "postgres";
import { serverPrograms } from "../support/cluster.ts";
import type { WriteOptions } from "./kv_text.ts";

/** Whether there is a `pg_dump` of the server's version; the servers that npm has come without. */
export function canDumpSql(): boolean {
  try {
    return Deno.statSync(`${serverPrograms()}/pg_dump`).isFile;
  } catch {
    return false;
  }
}

/** Dumps what is at a URL, as SQL that every client can run, on every version that is supported. */
export async function dumpSql(url: string, ...options: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(`${serverPrograms()}/pg_dump`, {
    args: ["--inserts", "--no-owner", "--no-privileges", ...options, url],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`pg_dump: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout).replace(/^(?:--.*|\\.*|set transaction_timeout.*|)\n/gim, "");
}

/** Reads a whole KV, which may be in use. */
export async function readPostgresKvText(url: string): Promise<string> {
  return await dumpSql(url, "--schema=sluice_kv");
}

/** Puts a KV in the place of the one at a URL; there is none after an empty text. */
export async function writePostgresKvText(
  url: string,
  text: string,
  { writtenAt, expiring }: WriteOptions,
): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe(`drop schema if exists sluice_kv cascade; ${text}`);
  await sql.unsafe("reset all"); // an embedded Postgres has one session for all connections
  if (expiring === "gone") await sql`delete from sluice_kv.entries where expires_at is not null`;
  else if (text !== "") {
    const ms = Date.now() - writtenAt;
    await sql`update sluice_kv.entries set expires_at = expires_at + ${ms}::float * interval '1 ms'`;
  }
  await sql.end();
}
