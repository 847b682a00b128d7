/**
 * React Native: types of the real libraries, Metro's bundle with and without `exports`, run with fakes
 * of AsyncStorage, AppState and NetInfo where there is no document, and compiled by Hermes.
 */

import { assertEquals } from "../../support/assert.ts";
import { compile } from "../support/compile.ts";
import { installProject, type Project } from "../support/project.ts";
import type { Stage } from "../support/stage.ts";

const HERMES = "node_modules/hermes-compiler/hermesc/linux64-bin/hermesc";

/** What was tracked offline before the app was killed, and what it tracks afterwards, has one row. */
export async function run(stage: Stage): Promise<void> {
  const project = await installProject(stage, "native");
  stage.say("tsc");
  await compile(project);
  for (const mode of ["exports", "main"]) await runApp(stage, project, mode);
}

async function runApp(stage: Stage, project: Project, mode: string): Promise<void> {
  stage.say(`Metro, by the package's ${mode}`);
  const env = { SLUICE_URL: stage.url, SLUICE_TOKEN: await stage.token("CREATOR", `rn_${mode}`) };
  const { out } = await project.run(["node", "run.mjs", `out_${mode}.js`, mode], env);
  const { console, ...result } = JSON.parse(out.split("\n").at(-2) ?? "");
  assertEquals(result, {
    resolved: {
      "@sluice/client": "esm/mod.js",
      "@sluice/client/native": "esm/native.js",
      "@sluice/client/react": "esm/react.js",
    },
    saved: true,
    offline: true,
    queued: 0,
    rejected: 0,
    dropped: 0,
    disk: [],
  });
  // Said once, although two events were tracked as in a page.
  assertEquals(console, [
    "warn: Sluice: no document, use @sluice/client/native or @sluice/server",
  ]);
  stage.say("Hermes compiles it");
  await project.run([HERMES, "-emit-binary", "-out", "app.hbc", `out_${mode}.js`]);
  const rows = await stage.rows({
    where: "props ->> 'from' = 'native' and (props ->> 'mode' = $1 or user_id = $2)",
    values: [mode, `rn_${mode}`],
    expected: 4,
  });
  assertEquals(rows.map((row) => [row.event_type, row.source, row.user_id]).toSorted(), [
    ["asset_viewed", "mobile", null],
    ["license_signed", "mobile", null],
    ["page_viewed", "mobile", `rn_${mode}`],
    ["payout_completed", "mobile", `rn_${mode}`],
  ]);
}
