/** PgBouncer in front of a PostgreSQL server, for one test. */

import { freePort } from "./command.ts";
import { findUnprivilegedUser, giveTo } from "./unprivileged.ts";
import { until } from "./until.ts";

/** A running pooler. */
export interface PgBouncer extends AsyncDisposable {
  /** The URL of the server's databases through it, without a path. */
  readonly url: string;
}

const PROGRAMS = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];

/** The path of the program; `null`: it is not installed. */
export function findPgBouncer(): string | null {
  return PROGRAMS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? null;
}

/**
 * Starts PgBouncer in front of the server on `port`, with few connections, so that statements of one
 * client run on all of them.
 *
 * @throws if it is not installed
 */
export async function startPgBouncer(
  port: number,
  mode: "session" | "transaction" | "statement",
  poolSize: number = mode === "session" ? 30 : 3,
): Promise<PgBouncer> {
  const program = findPgBouncer();
  if (program === null) throw new Error("No PgBouncer: apt-get install pgbouncer");
  const folder = await Deno.makeTempDir({ prefix: "sluice-pgbouncer-" });
  const listenPort = freePort();
  await Deno.writeTextFile(`${folder}/users`, '"sluice" ""\n');
  await Deno.writeTextFile(
    `${folder}/ini`,
    `[databases]
* = host=127.0.0.1 port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = trust
auth_file = ${folder}/users
pool_mode = ${mode}
default_pool_size = ${poolSize}
server_lifetime = 1
server_round_robin = 1
log_connections = 0
log_disconnections = 0
`,
  );
  const user = findUnprivilegedUser(); // it refuses to run as root
  await giveTo(user, folder, `${folder}/users`, `${folder}/ini`);
  const child = new Deno.Command(program, {
    args: [`${folder}/ini`],
    ...user,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await until(async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: listenPort })
      .catch(() => null);
    connection?.close();
    return connection !== null;
  }, "PgBouncer to listen");
  return {
    url: `postgres://sluice@127.0.0.1:${listenPort}`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}
