/** A service in its own process, which a test can kill. */

import { fileURLToPath } from "node:url";
import { SECRET } from "./app.ts";
import { V8_FLAGS } from "../../src/cli/service_process.ts";
import { mintToken } from "../../src/auth/token.ts";
import { until } from "./until.ts";

/** The path of `main.ts`. */
export const MAIN: string = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** A running process. */
export interface ServiceProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Standard error so far. */
  readonly log: () => string;
  /** Resolves when it has ended, with its exit code or the signal that ended it. */
  readonly ended: Promise<Deno.CommandStatus>;
  /** Sends a signal and waits until the process has ended. */
  kill(signal: Deno.Signal): Promise<Deno.CommandStatus>;
}

/** Starts `script` on a free port and waits until it listens. */
export async function startProcess(
  script: string,
  environment: Record<string, string>,
  args: readonly string[] = [],
): Promise<ServiceProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", V8_FLAGS, "--no-check", script, ...args],
    env: {
      PORT: "0",
      AUTH_JWT_SECRET: SECRET,
      LOG_FORMAT: "json",
      SHUTDOWN_GRACE_SECONDS: "0",
      ...environment,
    },
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
  const ended = child.status.then(async (status) => {
    over = true;
    await drained;
    return status;
  });
  const port = await until(() => {
    if (over) throw new Error(`The service ended before it listened:\n${log}`);
    return /Listening on (?:[^\n]*"port":|http:\/\/[^:\n]*:)(\d+)/.exec(log)?.[1];
  }, "the service to listen").catch(async (error) => {
    await kill("SIGKILL");
    throw error;
  });
  async function kill(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    if (!over) child.kill(signal);
    return await ended;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    log: () => log,
    ended,
    kill,
    async [Symbol.asyncDispose]() {
      const { success, code, signal } = await kill("SIGKILL");
      // A service that ended by itself logged the reason, which its test may not have shown.
      if (success || signal !== null) return;
      Deno.stderr.writeSync(new TextEncoder().encode(`The service ended with ${code}:\n${log}\n`));
    },
  };
}

/** How long a buffer may take to shrink at all. */
const STANDSTILL_MS = 60_000;

/** Flushes a process's buffer until it is empty; throws if it stops shrinking. */
export async function drainProcess(
  { url, log }: Pick<ServiceProcess, "url" | "log">,
): Promise<void> {
  const claims = { sub: "admin", role: "ADMIN", expiresInSeconds: 3_600 };
  const authorization = `Bearer ${await mintToken(SECRET, claims, Date.now())}`;
  const headers = { "content-type": "application/json", authorization };
  async function call(procedure: string, init: RequestInit): Promise<unknown> {
    try {
      const response = await fetch(`${url}/api/trpc/eventIngestion.${procedure}`, init);
      return (await response.json()).result?.data;
    } catch (error) {
      throw new Error(`The service does not respond:\n${log()}`, { cause: error });
    }
  }
  let least = Infinity;
  let leastAt = performance.now();
  while (performance.now() - leastAt < STANDSTILL_MS) {
    const flushed = await call("forceFlush", { method: "POST", headers, body: "{}" });
    if ((flushed as { message: string } | undefined)?.message === "Buffer is empty") return;
    const stats = await call("getStats", { headers });
    const left = (stats as { bufferSize: number } | undefined)?.bufferSize ?? Infinity;
    if (left < least) {
      least = left;
      leastAt = performance.now();
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const health = await (await fetch(`${url}/readyz`)).text();
  const what = `The buffer did not shrink below ${least} events in ${STANDSTILL_MS} ms`;
  throw new Error(`${what}. /readyz: ${health}; the service logged:\n${log()}`);
}
