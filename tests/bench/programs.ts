/** Starts programs as child processes and waits until they are ready. */

const READY_MS = 30_000;
const POLL_MS = 1;

/** A running program. */
export interface RunningProgram extends AsyncDisposable {
  readonly pid: number;
  /** From the start of the process until it was ready. */
  readonly readyMs: number;
  /** Standard error so far. */
  readonly log: () => string;
  /** Ends it, by default with SIGKILL, and waits until it has ended. */
  end(signal?: Deno.Signal): Promise<void>;
}

/** Options of `startProgram`. */
export interface ProgramOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether it is ready; by default it is as soon as it runs. */
  readonly isReady?: () => Promise<boolean>;
}

/**
 * Starts a program.
 *
 * @throws if it ends, or takes too long, before it is ready
 */
export async function startProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<RunningProgram> {
  const { cwd, environment = {}, isReady = () => Promise.resolve(true) } = options;
  const startedAt = performance.now();
  const child = new Deno.Command(command, {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    env: environment,
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
  async function end(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    if (!over) child.kill(signal);
    await ended;
  }
  while (!await isReady()) {
    if (over || performance.now() - startedAt > READY_MS) {
      await end();
      throw new Error(`${command} ${args.join(" ")} does not respond:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return {
    pid: child.pid,
    readyMs: performance.now() - startedAt,
    log: () => log,
    end,
    [Symbol.asyncDispose]: () => end(),
  };
}

/** Whether a server responds to a request, however it does. */
export async function responds(url: string, init: RequestInit = {}): Promise<boolean> {
  try {
    const response = await fetch(url, init);
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

/** Whether a server on this machine accepts connections. */
export async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
