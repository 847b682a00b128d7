/** A PostgreSQL server for one test, which can be killed and started again. */

import { findServerPrograms } from "../../src/cli/postgres_server.ts";
import { freePort } from "./command.ts";
import { findUnprivilegedUser, giveTo, type UserIds } from "./unprivileged.ts";

export { findServerPrograms as serverPrograms };

/** A running server. */
export interface Cluster extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Where its unix socket is. */
  readonly folder: string;
  /** Ends every server process at once, without a checkpoint, like a power cut. */
  stopImmediately(): Promise<void>;
  /** Makes it a hot standby from the next start on: it can be read, not written. */
  makeStandby(): Promise<void>;
  /** Starts it again, with crash recovery. */
  start(): Promise<void>;
  /** Copies all data of a stopped server. */
  saveState(): Promise<void>;
  /** Puts the saved data in the place of a stopped server's: all since then is lost, as in a failover. */
  restoreState(): Promise<void>;
}

/** Options of `openCluster`. */
export interface ClusterOptions {
  /** The folder of its programs; that of `serverPrograms` by default. */
  readonly programs?: string | null;
  readonly maxConnections?: number;
}

/**
 * Creates a server in a temporary folder and starts it.
 *
 * @throws if its programs are not installed
 */
export async function openCluster(
  { programs = findServerPrograms(), maxConnections = 50 }: ClusterOptions = {},
): Promise<Cluster> {
  if (programs === null) {
    throw new Error(`No PostgreSQL: apt-get install postgresql, or set PG_BIN`);
  }
  const folder = await Deno.makeTempDir({ prefix: "sluice-cluster-" });
  const user = findUnprivilegedUser(); // PostgreSQL refuses to run as root
  await giveTo(user, folder);
  const port = freePort();
  const program = (name: string, ...args: string[]) => run(`${programs}/${name}`, args, user);
  const data = `${folder}/data`;
  const settings = [
    `-p ${port}`,
    "-c listen_addresses=127.0.0.1",
    `-c unix_socket_directories=${folder}`,
    `-c max_connections=${maxConnections}`,
  ];
  const stop = () => program("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop");
  const start = () =>
    program("pg_ctl", "-D", data, "-w", "-l", `${folder}/log`, "-o", settings.join(" "), "start");
  await program(
    "initdb",
    "-D",
    data,
    "-U",
    "sluice",
    "--auth=trust",
    "--encoding=UTF8",
    "--no-sync",
  );
  await start();
  let running = true;
  return {
    url: `postgres://sluice@127.0.0.1:${port}/postgres`,
    port,
    folder,
    async stopImmediately() {
      await stop();
      running = false;
    },
    async makeStandby() {
      await Deno.writeTextFile(`${data}/standby.signal`, "");
    },
    async start() {
      await start();
      running = true;
    },
    saveState: () => run("cp", ["-a", data, `${folder}/saved`]),
    async restoreState() {
      await Deno.remove(data, { recursive: true });
      await run("cp", ["-a", `${folder}/saved`, data]);
    },
    async [Symbol.asyncDispose]() {
      if (running) await stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function run(
  command: string,
  args: readonly string[],
  user: UserIds | null = null,
): Promise<void> {
  // The server inherits these streams and would keep a pipe open.
  const { success, code } = await new Deno.Command(command, {
    args: [...args],
    ...user,
    cwd: "/",
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")} ended with ${code}`);
}
