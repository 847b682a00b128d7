/** The cheapest part of `deno task consumers`; `resolution_test.ts` compiles its types. */

import { send } from "./consumers/node.ts";
import { installProject } from "./support/project.ts";
import { openSharedStage } from "./support/stage.ts";

Deno.test("in Node, the packed package sends by `import` and by `require`", async () => {
  await using shared = await openSharedStage();
  const stage = await shared.stageOf("node", () => {});
  await send(stage, await installProject(stage, "node"));
});
