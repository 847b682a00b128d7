/** The service as a child process. */

/** Permissions of the service; no subprocesses, no foreign functions, no system information. */
export const PERMISSIONS: readonly string[] = [
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-write",
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
      args: ["run", ...PERMISSIONS, this.#main],
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
