/** Compiles projects some of whose packages are not right without `skipLibCheck`. */

import { assertEquals } from "../../support/assert.ts";
import type { Project } from "./project.ts";

/** Compiles a project, and then the declarations of packages, too, of which ours must be right. */
export async function compile(project: Project): Promise<void> {
  await project.run(["tsc", "--skipLibCheck"]);
  const checkAll = project.run(["tsc", "--skipLibCheck", "false"]);
  const faults = await checkAll.then(() => "", (error: Error) => error.message);
  assertEquals(faults.split("\n").filter((line) => line.includes("@sluice")), []);
}
