/** The suite's Postgres: the installed server with default settings (fsync on), else the embedded one. */

import postgres from "postgres";
import { Database, type Sql } from "../../src/store/database.ts";
import { startEmbedded } from "../../src/store/embedded.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";
import { MIGRATIONS } from "../../src/service.ts";
import { freePort } from "../support/command.ts";
import { findUnprivilegedUser, giveTo, type UserIds } from "../support/unprivileged.ts";

/** A Postgres with all migrations applied. */
export interface BenchPostgres extends AsyncDisposable {
  readonly url: string;
  /** Name and version, to be shown with the figures. */
  readonly name: string;
  readonly sql: Sql;
  /** Whether it is the embedded one, which has one database only. */
  readonly isEmbedded: boolean;
  /** Truncates every table and runs a checkpoint. */
  reset(): Promise<void>;
}

/** Starts a Postgres with its data in `folder` and applies the migrations. */
export async function openBenchPostgres(folder: string): Promise<BenchPostgres> {
  const binaries = await findBinaries();
  await using opened = new AsyncDisposableStack();
  const { url } = opened.use(
    binaries === null ? await startEmbedded({ dump: null }) : await startServer(binaries, folder),
  );
  const database = opened.use(new Database({ url, maxConnections: 1 }));
  await migrate(database, await readMigrations(MIGRATIONS));
  const sql: Sql = postgres(url, { max: 2, onnotice: () => {}, fetch_types: false });
  opened.defer(() => sql.end({ timeout: 1 }));
  const [row] = await sql<
    [{ version: string }]
  >`select split_part(version(), ' on ', 1) as version`;
  const parts = opened.move();
  return {
    url,
    name: binaries === null ? `PGlite (${row.version})` : row.version,
    sql,
    isEmbedded: binaries === null,
    async reset() {
      await sql`
        truncate events, event_enrichments, event_counts, sessions, session_visits,
          idempotency_keys, dead_letters
      `;
      if (binaries !== null) await sql`checkpoint`;
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** The program folder of the newest installed server; `null`: none is installed. */
async function findBinaries(): Promise<string | null> {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  try {
    for await (const { name } of Deno.readDir("/usr/lib/postgresql")) {
      folders.push(`/usr/lib/postgresql/${name}/bin`);
    }
  } catch {
    // Not a Debian installation.
  }
  for (const folder of folders.toSorted().toReversed()) {
    const found = await Deno.stat(`${folder}/initdb`).then(() => true, () => false);
    if (found) return folder;
  }
  return null;
}

/** PostgreSQL refuses to run as root; then it runs as the user of its package. */
async function startServer(binaries: string, folder: string) {
  const user = findUnprivilegedUser();
  await giveTo(user, folder);
  const data = `${folder}/data`;
  const port = freePort();
  await run(
    [`${binaries}/initdb`, "-D", data, "-U", "sluice", "--auth=trust", "--encoding=UTF8"],
    user,
  );
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder}`;
  const control = [`${binaries}/pg_ctl`, "-D", data, "-w"];
  await run([...control, "-l", `${folder}/log`, "-o", options, "start"], user);
  return {
    url: `postgres://sluice@127.0.0.1:${port}/postgres`,
    [Symbol.asyncDispose]: () => run([...control, "-m", "immediate", "stop"], user),
  };
}

async function run(
  [command = "", ...args]: readonly string[],
  user: UserIds | null,
): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, {
    args,
    ...user,
    cwd: "/",
    stdin: "null",
    stdout: "null", // a server would keep a pipe open
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`${command} failed: ${new TextDecoder().decode(stderr)}`);
}
