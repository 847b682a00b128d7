/** The service as a child process. */

/**
 * How far V8 lets the heap grow before it collects, as `deno task start` says it. A batch of a flush
 * lives longer than V8 expects of what is young, so that the heap of a drain would grow to four times
 * what is in use. Measured with a million events draining: a peak of 364 MiB without these flags, 260
 * with them; at 40 % it is 237, and collecting takes a tenth of the machine.
 */
export const V8_FLAGS = "--v8-flags=--no-memory-pool,--heap-growing-percent=60";

/** How the service is run: no subprocesses, no foreign functions, no system information. */
export const RUN_FLAGS: readonly string[] = [
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-write",
  V8_FLAGS,
];

const POLL_MS = 50;

/** Starts, watches and ends one service at a time. */
export class ServiceProcess {
  readonly #main: string;
  readonly #environment: Record<string, string>;
  #child: Deno.ChildProcess | null = null;

  /** @param main the path of `main.ts` */
  constructor(main: string, environment: Record<string, string>) {
    this.#main = main;
    this.#environment = environment;
  }

  /** Resolves with `null` when the service answers at `probe`, or with its exit code if it ends before. */
  async start(probe: string): Promise<number | null> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...RUN_FLAGS, this.#main],
      env: this.#environment,
      stdin: "null",
    }).spawn();
    this.#child = child;
    let exitCode: number | null = null;
    child.status.then(({ code }) => exitCode = code);
    while (exitCode === null) {
      if (await answers(probe)) return null;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    this.#child = null;
    return exitCode;
  }

  /** Asks the service to drain and waits until it has ended. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended already: Ctrl-C in a terminal reaches parent and child alike.
    }
    await child.status;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
