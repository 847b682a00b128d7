/** Other releases of the service, in folders of their own. */

import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A release that can be started. */
export interface Release extends AsyncDisposable {
  /** Its `main.ts`. */
  readonly main: string;
}

/** A migration as the rules for migrations demand it: it adds, and says what it works with. */
const MIGRATION = `-- works with 0001
alter table events add column next_column text default 'next';
create table next_table (id integer primary key);
`;

/** This code with one more migration. */
export async function makeNextRelease(): Promise<Release> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-next-" });
  const parts = ["main.ts", "deno.json", "deno.lock", "src", "migrations"];
  await run("cp", ["-r", ...parts.map((part) => ROOT + part), folder]);
  await Deno.mkdir(`${folder}/tests`);
  await Deno.copyFile(`${ROOT}tests/deno.json`, `${folder}/tests/deno.json`);
  await Deno.writeTextFile(`${folder}/migrations/0099_next.sql`, MIGRATION);
  return toRelease(folder);
}

/** The code of a git ref. */
export async function checkOutRelease(ref: string): Promise<Release> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-former-" });
  const archive = `${folder}/archive.tar`;
  await run("git", ["-C", ROOT, "archive", "--output", archive, ref]);
  await run("tar", ["-xf", archive, "-C", folder]);
  return toRelease(folder);
}

function toRelease(folder: string): Release {
  return {
    main: `${folder}/main.ts`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function run(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
}
