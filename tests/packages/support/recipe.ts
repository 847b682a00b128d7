/** Runs the commands that the documentation gives for a language. */

import type { Stage } from "./stage.ts";
import { runProgram } from "./programs.ts";

const PAGE = new URL("../../../src/openapi/README.md", import.meta.url);
const DOCUMENTED_URL = "https://events.example.com";

/** Runs the first code block under a heading of `src/openapi/README.md`, with the service's URL. */
export async function runRecipe(
  heading: string,
  { url, say }: Pick<Stage, "url" | "say">,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const text = await Deno.readTextFile(PAGE);
  const section = text.split(/^## /m).find((section) => section.startsWith(`${heading}\n`));
  const commands = /```sh\n(.*?)```/s.exec(section ?? "")?.[1];
  if (commands?.includes(DOCUMENTED_URL) !== true) {
    throw new Error(`${PAGE.pathname} has no commands with ${DOCUMENTED_URL} under ## ${heading}`);
  }
  say(commands.trim().split("\n").join("; "));
  await runProgram(["sh", "-e", "-c", commands.replaceAll(DOCUMENTED_URL, url)], {
    cwd: folder,
    env,
  });
}
