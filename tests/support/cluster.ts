/** A PostgreSQL server of a test's own, to be stopped as a power cut would and started again. */

import { freePort } from "./command.ts";

const PACKAGES = "/usr/lib/postgresql";

/** Where the server's programs are, or `null`: `PG_BIN`, else the newest of Debian's packages. */
export function serverPrograms(): string | null {
  const given = Deno.env.get("PG_BIN");
  if (given !== undefined) return given;
  try {
    const versions = [...Deno.readDirSync(PACKAGES)].map(({ name }) => Number(name));
    return versions.length === 0 ? null : `${PACKAGES}/${Math.max(...versions)}/bin`;
  } catch {
    return null;
  }
}

/** A running server. */
export interface Cluster extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends every process of the server at once, without a checkpoint. */
  stopImmediately(): Promise<void>;
  /** Starts it again, with the recovery that it needs. */
  start(): Promise<void>;
}

/**
 * Makes a server in a temporary folder and starts it.
 *
 * @throws where its programs are not installed
 */
export async function openCluster(): Promise<Cluster> {
  const programs = serverPrograms();
  if (programs === null) {
    throw new Error(`No ${PACKAGES}: apt-get install postgresql, or set PG_BIN`);
  }
  const folder = await Deno.makeTempDir({ prefix: "sluice-cluster-" });
  const asRoot = Deno.uid() === 0; // whom PostgreSQL does not serve
  if (asRoot) await run("chown", ["postgres", folder]);
  const port = freePort();
  const program = (name: string, ...args: string[]) => {
    const path = `${programs}/${name}`;
    return asRoot ? run("runuser", ["-u", "postgres", "--", path, ...args]) : run(path, args);
  };
  const data = `${folder}/data`;
  const settings = [
    `-p ${port}`,
    "-c listen_addresses=127.0.0.1",
    `-c unix_socket_directories=${folder}`,
    "-c max_connections=50",
  ];
  const stop = () => program("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop");
  const start = () =>
    program("pg_ctl", "-D", data, "-w", "-l", `${folder}/log`, "-o", settings.join(" "), "start");
  await program("initdb", "-D", data, "-U", "sluice", "--auth=trust", "--no-sync");
  await start();
  let running = true;
  return {
    url: `postgres://sluice@127.0.0.1:${port}/postgres`,
    port,
    async stopImmediately() {
      await stop();
      running = false;
    },
    async start() {
      await start();
      running = true;
    },
    async [Symbol.asyncDispose]() {
      if (running) await stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function run(command: string, args: readonly string[]): Promise<void> {
  // The server inherits what its starter writes to, so nothing may wait for the end of that.
  const { success, code } = await new Deno.Command(command, {
    args: [...args],
    cwd: "/",
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")} ended with ${code}`);
}
