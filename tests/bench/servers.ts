/** Servers under measurement, each a process of its own with the permissions of `deno task start`. */

import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { RUN_FLAGS } from "../../src/cli/service_process.ts";
import { SECRET } from "../support/app.ts";
import { freePort } from "../support/command.ts";
import { MAIN } from "../support/service_process.ts";
import { responds, type RunningProgram, startProgram } from "./programs.ts";

/** A running server. */
export interface Server extends RunningProgram {
  readonly port: number;
  /** Kills it with SIGKILL: what it acknowledged has to be durable. */
  end(): Promise<void>;
}

/** Options of `startServer`. */
export interface ServerOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** More arguments of `deno run`. */
  readonly flags?: readonly string[];
  /** The request whose response means that the server is ready; default `GET /livez`. */
  readonly probe?: Pick<RequestInit, "method" | "headers" | "body"> & { readonly path: string };
}

/** The path of a limit's script. */
export function scriptOf(name: string): string {
  return fileURLToPath(new URL(`./limits/${name}.ts`, import.meta.url));
}

/** Starts a server and waits until it answers. */
export async function startServer(script: string, options: ServerOptions = {}): Promise<Server> {
  const port = freePort();
  const { probe: { path, ...probe } = { path: "/livez" }, flags = [], environment } = options;
  const url = `http://127.0.0.1:${port}${path}`;
  const args = ["run", ...RUN_FLAGS, "--no-check", ...flags, script];
  const program = await startProgram(Deno.execPath(), args, {
    environment: { ...environment, PORT: String(port) },
    isReady: () => responds(url, probe),
  });
  // V8 writes its profile only on a clean exit.
  const end = () => program.end(flags.length > 0 ? "SIGTERM" : "SIGKILL");
  return { ...program, port, end, [Symbol.asyncDispose]: end };
}

/** A Postgres that is never available: what is accepted stays in the buffer. */
export const NO_POSTGRES = "postgres://nobody@127.0.0.1:1/nothing";

/** A buffer that no part can fill. */
export const UNBOUNDED = { MAX_BUFFERED_EVENTS: "100000000" } as const;

let profileFlags: readonly string[] = [];

/** Makes every service started from now on write a V8 profile into a folder. */
export function profileServices(folder: string): void {
  profileFlags = ["--cpu-prof", `--cpu-prof-dir=${resolve(folder)}`];
}

/** Starts the service with production settings and its data in `folder`. */
export function startService(
  folder: string,
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
  options: Pick<ServerOptions, "probe"> = {},
): Promise<Server> {
  return startServer(MAIN, {
    ...options,
    flags: profileFlags,
    environment: {
      DATABASE_URL: databaseUrl,
      DATA_DIR: folder,
      KV_PATH: kvPathOf(folder),
      AUTH_JWT_SECRET: SECRET,
      LOG_FORMAT: "json",
      ...environment,
    },
  });
}

/** The KV file of a service on a folder. */
export function kvPathOf(folder: string): string {
  return join(folder, "kv.sqlite3");
}

/** Reads one value of `/metrics`; 0 if it is missing. */
export async function readMetric(server: Server, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text);
  return Number(found?.[1] ?? 0);
}
