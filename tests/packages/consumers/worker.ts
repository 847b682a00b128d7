/** Workers: `@sluice/server` in workerd, which runs Cloudflare's workers. */

import { assertEquals } from "../../support/assert.ts";
import { installProject } from "../support/project.ts";
import type { Stage } from "../support/stage.ts";

/** Bundled without warnings, it sends from each kind of worker. */
export async function run(stage: Stage): Promise<void> {
  await runInWorkerd(stage);
}

async function runInWorkerd(stage: Stage): Promise<void> {
  const project = await installProject(stage, "workerd");
  const { key } = await stage.key({ scopes: ["ingest", "ingest:as"] });
  stage.say("esbuild, then four requests to workerd");
  const env = { SLUICE_URL: stage.url, SLUICE_KEY: key };
  const { out, err } = await project.run(["node", "serve.mjs"], env);
  assertEquals(err, "", "warnings");
  assertEquals(JSON.parse(out), ["200 ok", "200 service", "200 service", "200 service"]);
  const rows = await stage.rows({ where: "props ->> 'from' = 'workerd'", expected: 6 });
  assertEquals(rows.map((row) => [row.event_type, row.user_id, row.source]).toSorted(), [
    ...["/", "/pay", "/pay", "/pay"].map(() => ["api_request", null, "api"]),
    // A job that is done again has one row
    ["payout_completed", "workerd_user", "api"],
    ["payout_completed", "workerd_user", "api"],
  ]);
}
