/** The data of a new embedded Postgres: PGlite takes seconds to make them, and a moment to load them. */

import deno from "../../deno.json" with { type: "json" };
import { DIST } from "../../src/service.ts";

/** Returns a dump of an empty Postgres, which is made once in a checkout for each version of PGlite. */
export async function emptyPostgres(): Promise<Uint8Array<ArrayBuffer>> {
  const version = deno.imports["@electric-sql/pglite"].split("@").at(-1);
  const file = new URL(`empty_postgres_${version}.tar.gz`, DIST);
  return await Deno.readFile(file).catch(() => makeDump(file));
}

async function makeDump(file: URL): Promise<Uint8Array<ArrayBuffer>> {
  const { PGlite } = await import("@electric-sql/pglite"); // as most test files need the dump only
  const database = await PGlite.create();
  const dump = new Uint8Array(await (await database.dumpDataDir("gzip")).arrayBuffer());
  await database.close();
  await Deno.mkdir(DIST, { recursive: true });
  const temporary = new URL(`${file.href}.${crypto.randomUUID()}`);
  await Deno.writeFile(temporary, dump);
  await Deno.rename(temporary, file); // atomic: another test file reads all of it, or makes its own
  return dump;
}
