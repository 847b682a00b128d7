/** webpack: what a site does not use is left out, and source maps lead to the sources. */

import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { assert, assertEquals, assertLess, assertStringIncludes } from "../../support/assert.ts";
import { installProject } from "../support/project.ts";
import type { Stage } from "../support/stage.ts";

/** All of the package has 8.5 KB. */
const CORE_BYTES = 6_000;

/** A site with `createAnalytics` alone is bundled without warnings. */
export async function run(stage: Stage): Promise<void> {
  const project = await installProject(stage, "webpack");
  stage.say("webpack");
  const { out } = await project.run(["webpack"]);
  assertStringIncludes(out, "compiled successfully");
  const read = (name: string) => Deno.readTextFile(join(project.folder, "dist", name));
  assertLess(gzipSync(await read("main.js"), { level: 9 }).length, CORE_BYTES);
  const { sources, sourcesContent } = JSON.parse(await read("main.js.map")) as {
    readonly sources: readonly string[];
    readonly sourcesContent: readonly string[];
  };
  const index = sources.findIndex((source) => source.endsWith("/src/client/analytics.ts"));
  assert(index >= 0, `no source of ours: ${sources}`);
  assertStringIncludes(sourcesContent[index] ?? "", "export function createAnalytics(");
  assertEquals(sources.filter((source) => source.includes("/helpers/")), []);
}
