/** Runs other programs, bounded in time, so that none outlives what started it. */

import { LineStream } from "./line_stream.ts";

/** Options of `runProgram`. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** @default 300 */
  readonly seconds?: number;
}

/** What a program wrote. */
export interface Output {
  readonly out: string;
  readonly err: string;
}

/**
 * Runs a program until it ends. `timeout` ends it and all that it started when its time is over.
 *
 * @throws with everything that it wrote, if it fails
 */
export async function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env = {}, seconds = 300 }: ProgramOptions,
): Promise<Output> {
  const { success, code, stdout, stderr } = await prepare([program, ...args], cwd, env, seconds)
    .output();
  const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (success) return { out, err };
  const end = code === 124 ? `took more than ${seconds} s` : `ended with ${code}`;
  throw new Error(`${[program, ...args].join(" ")} ${end}:\n${out}\n${err}`);
}

/** A program that goes on until it is disposed. */
export interface RunningProgram extends AsyncDisposable {
  /** What it wrote so far, to both outputs. */
  readonly log: () => string;
  /** Waits for text; throws with the log if the program ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts a program, a server for example. */
export function startProgram(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env = {}, seconds = 300 }: ProgramOptions,
): RunningProgram {
  const child = prepare([program, ...args], cwd, env, seconds).spawn();
  const output = new LineStream();
  const drained = Promise.all([output.read(child.stdout), output.read(child.stderr)]);
  const ended = Promise.all([child.status, drained]).then(([status]) => {
    output.end();
    return status;
  });
  return {
    log: () => output.text,
    async waitFor(pattern) {
      const match = await output.waitFor(pattern);
      if (match !== null) return match;
      throw new Error(`${program} ended before it wrote ${pattern}:\n${output.text}`);
    },
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended.
      }
      await ended;
    },
  };
}

/** `timeout` has a process group of its own, and passes signals on to all of it. */
function prepare(
  command: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  seconds: number,
): Deno.Command {
  return new Deno.Command("timeout", {
    args: ["--kill-after=5", String(seconds), ...command],
    cwd,
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}
