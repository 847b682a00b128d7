/** Compiles projects some of whose packages are not right without `skipLibCheck`. */

import { assertEquals } from "../../support/assert.ts";
import type { Project } from "./project.ts";

/** Which compiler, by the name under which it is installed, and more of its options. */
export interface Compiler {
  readonly tsc: "typescript" | "typescript-5";
  readonly options: readonly string[];
}

const INSTALLED: Compiler = { tsc: "typescript", options: [] };

/**
 * Compiles a project with the declarations of its packages, of which ours must be right. Those of
 * tRPC 11, for one, contradict those of `ws` where they are modules.
 */
export async function compile(
  project: Project,
  { tsc, options }: Compiler = INSTALLED,
): Promise<void> {
  const command = ["node", `node_modules/${tsc}/bin/tsc`, ...options] as const;
  const checkAll = project.run([...command, "--skipLibCheck", "false"]);
  const faults = await checkAll.then(() => "", (error: Error) => error.message);
  const [, ...lines] = faults.split("\n").filter((line) => line !== "");
  assertEquals(lines.filter((line) => !isFaultOfOthers(line)), [], faults);
}

/** Whether a line is about a file of somebody else's package, or goes on about one. */
function isFaultOfOthers(line: string): boolean {
  return /^node_modules\/(?!@sluice\/).*error TS\d+: /.test(line) || /^\s/.test(line);
}
