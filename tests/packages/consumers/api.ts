/** `@sluice/api`: every example of the integrators' guide compiles, with tRPC 11 and 10. */

import { installProject, type Project } from "../support/project.ts";
import type { Stage } from "../support/stage.ts";

/** TypeScript 7 no longer has the resolution of Node 10. */
const COMPILERS = [
  { tsc: "typescript", moduleResolution: "bundler" },
  { tsc: "typescript-5", moduleResolution: "bundler" },
  { tsc: "typescript-5", moduleResolution: "node10" },
];

/** The examples compile, with old resolution also the declarations of all packages. */
export async function run(stage: Stage): Promise<void> {
  const v11 = await installProject(stage, "guide", "guide11");
  // The one change that Query 5 asks for
  await v11.run(["sed", "-i", "s/isLoading/isPending/", "src/hooks/useAnalytics.ts"]);
  await compile(v11, stage.say);
  await compile(await installProject(stage, "guide", "guide10"), stage.say);
}

async function compile({ run }: Project, say: (line: string) => void): Promise<void> {
  for (const { tsc, moduleResolution } of COMPILERS) {
    say(`${tsc} with moduleResolution ${moduleResolution}`);
    // As modules, the declarations of tRPC 11 contradict those of `ws`
    const skip = moduleResolution === "bundler" ? ["--skipLibCheck", "true"] : [];
    const options = ["--moduleResolution", moduleResolution, ...skip];
    await run(["node", `node_modules/${tsc}/bin/tsc`, ...options]);
  }
}
