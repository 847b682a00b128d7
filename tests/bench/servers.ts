/** Servers under measurement, each a process of its own with the permissions of `deno task start`. */

import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { RUN_FLAGS } from "../../src/cli/service_process.ts";
import { SECRET } from "../support/app.ts";
import { freePort } from "../support/command.ts";
import { MAIN } from "../support/service_process.ts";

/** A running server. */
export interface Server extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to the first response to the probe. */
  readonly firstAnswerMs: number;
  /** Standard error so far. */
  readonly log: () => string;
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

const READY_MS = 30_000;

/** The path of a limit's script. */
export function scriptOf(name: string): string {
  return fileURLToPath(new URL(`./limits/${name}.ts`, import.meta.url));
}

/** Starts a server and waits until it answers. */
export async function startServer(script: string, options: ServerOptions = {}): Promise<Server> {
  const port = freePort();
  const { path = "/livez", ...probe } = options.probe ?? {};
  const startedAt = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...RUN_FLAGS, "--no-check", ...options.flags ?? [], script],
    env: { ...options.environment, PORT: String(port) },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let log = "";
  const drained = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) log += decoder.decode(chunk, { stream: true });
  })();
  let over = false;
  const ended = child.status.then(async () => {
    over = true;
    await drained;
  });
  async function end(): Promise<void> {
    // V8 writes its profile only on a clean exit.
    if (!over) child.kill(options.flags?.length ? "SIGTERM" : "SIGKILL");
    await ended;
  }
  for (;;) {
    const elapsedMs = performance.now() - startedAt;
    if (over || elapsedMs > READY_MS) {
      await end();
      throw new Error(`${script} does not respond:\n${log}`);
    }
    if (await responds(`http://127.0.0.1:${port}${path}`, probe)) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const firstAnswerMs = performance.now() - startedAt;
  return {
    port,
    pid: child.pid,
    firstAnswerMs,
    log: () => log,
    end,
    [Symbol.asyncDispose]: () => end(),
  };
}

async function responds(url: string, init: RequestInit): Promise<boolean> {
  try {
    const response = await fetch(url, init);
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
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
