/** Vite with React 19, Query 5 and tRPC 11. */

import { runGuideSite } from "../support/guide_site.ts";
import { installProject } from "../support/project.ts";
import type { Stage } from "../support/stage.ts";

/** Every example of the guide works, but for `isLoading`, which Query 5 calls `isPending`. */
export async function run(stage: Stage): Promise<void> {
  const project = await installProject(stage, "guide", "guide11", "guide_site", "vite11");
  await project.run(["sed", "-i", "s/isLoading/isPending/", "src/hooks/useAnalytics.ts"]);
  await runGuideSite(stage, "vite11", project);
}
