/** What Deno Deploy reads of this repository, and how it runs commands. */

import { fileURLToPath } from "node:url";
import configuration from "../../deno.json" with { type: "json" };

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
