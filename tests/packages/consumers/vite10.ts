/** Vite with React 18, Query 4 and tRPC 10, for which the guide was written. */

import { runGuideSite } from "../support/guide_site.ts";
import { installProject } from "../support/project.ts";
import type { Stage } from "../support/stage.ts";

/** Every example of the guide works as it is. */
export async function run(stage: Stage): Promise<void> {
  const project = await installProject(stage, "guide", "guide10", "guide_site", "vite10");
  await runGuideSite(stage, "vite10", project);
}
