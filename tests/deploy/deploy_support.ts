/** What Deno Deploy reads of this repository, and how it runs commands. */

import { fileURLToPath } from "node:url";
import configuration from "../../deno.json" with { type: "json" };
import { until } from "../support/until.ts";

/** The folder of the repository: the application directory. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** The commands and the entry point. */
export const deployConfig = configuration.deploy;

/** Runs a command as the platform does: by a shell, in the application directory. */
export async function runCommand(
  command: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly output: string }> {
  const { PATH = "", HOME = "", DENO_DIR } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", command],
    cwd: ROOT,
    clearEnv: true,
    env: { PATH, HOME, ...DENO_DIR === undefined ? {} : { DENO_DIR }, ...environment },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** An isolate: a process that the platform starts and stops. */
export interface Isolate extends AsyncDisposable {
  readonly url: string;
  readonly log: () => string;
  /** Sends SIGINT, and SIGKILL five seconds later, as the platform does. @returns how it ended, and when */
  stop(): Promise<Deno.CommandStatus & { readonly ms: number }>;
}

/** What an isolate runs with. */
export interface IsolateOptions {
  /** The runtime. */
  readonly deno: string;
  /** The KV Connect server that stands for the managed KV. */
  readonly kv: string;
  /** The working folder. */
  readonly cwd: string;
  readonly timeline: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The platform kills this long after SIGINT. */
const KILL_MS = 5_000;
/** A runtime writes what it compiles to its cache; the platform's image has it. */
const CACHE = ["PATH", "HOME", "DENO_DIR", "DENO_TLS_CA_STORE", "DENO_KV_ACCESS_TOKEN"];

/** Starts the entry point as the platform does, but with fewer permissions, and waits until it listens. */
export async function startIsolate(options: IsolateOptions): Promise<Isolate> {
  const { deno, kv, cwd, timeline, environment } = options;
  const given = Deno.env.toObject();
  const child = new Deno.Command(deno, {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--cached-only",
      "--frozen",
      "--allow-net",
      "--allow-env",
      "--allow-read",
      `--preload=${ROOT}tests/deploy/managed_kv.ts`,
      ROOT + deployConfig.runtime.entrypoint,
    ],
    cwd,
    clearEnv: true,
    env: {
      ...Object.fromEntries(CACHE.flatMap((name) => given[name] ? [[name, given[name]]] : [])),
      MANAGED_KV: kv,
      DENO_DEPLOY: "true",
      DENO_DEPLOYMENT_ID: crypto.randomUUID(),
      DENO_TIMELINE: timeline,
      HOST: "127.0.0.1",
      PORT: "0",
      LOG_FORMAT: "json",
      ...environment,
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let log = "";
  const logged = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) log += decoder.decode(chunk, { stream: true });
  })();
  let status: Deno.CommandStatus | null = null;
  const ended = child.status.then(async (found) => {
    status = found;
    await logged;
    return found;
  });
  function signal(name: Deno.Signal): void {
    if (status === null) child.kill(name);
  }
  async function dispose(): Promise<void> {
    signal("SIGKILL");
    await ended;
  }
  const port = await until(() => {
    if (status !== null) throw new Error(`It ended before it listened:\n${log}`);
    return /Listening on [^\n]*"port":(\d+)/.exec(log)?.[1];
  }, "an isolate to listen").catch(async (error) => {
    await dispose();
    throw error;
  });
  return {
    url: `http://127.0.0.1:${port}`,
    log: () => log,
    async stop() {
      const startedAt = performance.now();
      signal("SIGINT");
      const timer = setTimeout(() => signal("SIGKILL"), KILL_MS);
      const found = await ended;
      clearTimeout(timer);
      return { ...found, ms: performance.now() - startedAt };
    },
    [Symbol.asyncDispose]: dispose,
  };
}
