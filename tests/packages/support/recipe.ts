/** Runs the commands that the documentation gives for a language. */

import { documentedCode } from "./documented.ts";
import type { Stage } from "./stage.ts";
import { runProgram } from "./programs.ts";

const PAGE = new URL("../../../src/openapi/README.md", import.meta.url);

/** Runs the first code block under a heading of `src/openapi/README.md`, with the service's URL. */
export async function runRecipe(
  heading: string,
  { url, say }: Pick<Stage, "url" | "say">,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const [commands = ""] = await documentedCode(PAGE, heading, "sh", url);
  if (!commands.includes(url)) throw new Error(`${PAGE.pathname}: no service under ${heading}`);
  say(commands.trim().split("\n").join("; "));
  await runProgram(["sh", "-e", "-c", commands], { cwd: folder, env });
}
