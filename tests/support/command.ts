/** Runs `deno task` commands with the permissions of their tasks. */

import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** Exit code and output of a command. */
export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Prepares a `deno task` whose environment has no settings but `settings`. */
export function task(name: string, args: readonly string[], settings: Record<string, string>) {
  const { PATH = "", HOME = "", DENO_DIR } = Deno.env.toObject();
  return new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", name, ...args],
    cwd: ROOT,
    clearEnv: true,
    env: {
      PATH,
      HOME,
      ...(DENO_DIR === undefined ? {} : { DENO_DIR }),
      NO_COLOR: "1",
      ...settings,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs a `deno task` until it ends. */
export async function runTask(
  name: string,
  args: readonly string[],
  settings: Record<string, string> = {},
): Promise<CommandResult> {
  const { code, stdout, stderr } = await task(name, args, settings).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Finds a free port. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
