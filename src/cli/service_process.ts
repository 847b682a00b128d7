/** The service as a child process. */

/**
 * How far V8 lets the heap grow before it collects; the same as in `deno task start`. The objects of a
 * flush batch outlive V8's young generation, so without limits the heap grows to four times what is
 * in use: a drain of a million events peaked at 364 MiB without these flags, and at 260 with 60 %. At
 * 60 % each event of a batch costs 12 % more CPU than at 120 %, for 10 to 30 MiB less; 200 % saves
 * little more.
 */
export const V8_FLAGS = "--v8-flags=--no-memory-pool,--heap-growing-percent=120";

/** Permissions and flags of the service: no subprocesses, no FFI, no system information. */
export const RUN_FLAGS: readonly string[] = [
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-write",
  V8_FLAGS,
];

const POLL_MS = 50;
/** More than a service takes to answer and drain once its grace period is over. */
const STOP_MS = 10_000;

/** Options of `ServiceProcess`. */
export interface ServiceProcessOptions {
  /** How long it serves on after SIGTERM: `SHUTDOWN_GRACE_SECONDS`. */
  readonly graceSeconds?: number;
}

/** Starts and stops one service at a time. */
export class ServiceProcess {
  readonly #main: string;
  readonly #environment: Record<string, string>;
  readonly #patienceMs: number;
  #child: Deno.ChildProcess | null = null;
  #ended: Promise<string> = Promise.resolve("nothing");

  /** @param main the path of `main.ts` */
  constructor(
    main: string,
    environment: Record<string, string>,
    { graceSeconds = 0 }: ServiceProcessOptions = {},
  ) {
    this.#main = main;
    this.#environment = environment;
    this.#patienceMs = graceSeconds * 1000 + STOP_MS;
  }

  /** Resolves when the process that was started last has ended, with its exit code or a signal. */
  get ended(): Promise<string> {
    return this.#ended;
  }

  /** Resolves to `null` once the service responds at the URL `probe`, or to its exit code if it exits first. */
  async start(probe: string): Promise<number | null> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...RUN_FLAGS, this.#main],
      env: this.#environment,
      stdin: "null",
    }).spawn();
    this.#child = child;
    let exitCode: number | null = null;
    this.#ended = child.status.then(({ code, signal }) => {
      exitCode = code;
      return signal ?? `code ${code}`;
    });
    while (exitCode === null) {
      if (await isUp(probe)) return null;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    this.#child = null;
    return exitCode;
  }

  /**
   * Sends SIGTERM, so that the service drains, and waits until it exits. One that hangs is killed: what it
   * has accepted is in KV.
   */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    kill(child, "SIGTERM");
    const hangs = setTimeout(() => kill(child, "SIGKILL"), this.#patienceMs);
    await child.status;
    clearTimeout(hangs);
  }
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has already exited: Ctrl-C in a terminal signals parent and child alike.
  }
}

async function isUp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
