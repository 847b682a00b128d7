/** Node, with modules and `require`; types for every kind of resolution. */

import { assertEquals } from "../../support/assert.ts";
import { installProject, type Project } from "../support/project.ts";
import type { Stage } from "../support/stage.ts";

/** TypeScript 7 no longer has the resolution of Node 10. */
const RESOLUTIONS = [
  { tsc: "typescript", module: "esnext", moduleResolution: "bundler" },
  { tsc: "typescript", module: "node16", moduleResolution: "node16" },
  { tsc: "typescript-5", module: "commonjs", moduleResolution: "node10" },
  { tsc: "typescript-5", module: "esnext", moduleResolution: "bundler" },
  { tsc: "typescript-5", module: "node16", moduleResolution: "node16" },
];

/** The types compile with every resolution, and both kinds of modules send. */
export async function run(stage: Stage): Promise<void> {
  const project = await installProject(stage, "node");
  for (const resolution of RESOLUTIONS) await checkTypes(project, resolution, stage.say);
  await send(stage, project);
}

/** Modules and `require` send, and each event has one row. */
export async function send(stage: Stage, project: Project): Promise<void> {
  const { key } = await stage.key({ scopes: ["ingest", "ingest:as"] });
  for (const program of ["send.mjs", "send.cjs"]) {
    stage.say(`node ${program}`);
    const env = { SLUICE_URL: stage.url, SLUICE_KEY: key };
    const { out, err } = await project.run(["node", program], env);
    assertEquals(err, "", "warnings");
    assertEquals(JSON.parse(out), {
      durable: "spool",
      sent: 2,
      rejected: 0,
      dropped: 0,
      queued: 0,
    });
  }
  const rows = await stage.rows({
    where: "props ->> 'from' in ('module', 'require')",
    expected: 4,
  });
  const found = rows.map(({ props, event_type, user_id, creator_id, source }) => {
    return [props?.["from"], event_type, user_id, creator_id, source];
  });
  assertEquals(
    found.toSorted(),
    ["module", "require"].flatMap((from) => [
      [from, "job_completed", null, null, "api"],
      [from, "payout_completed", "node_user", "node_creator", "api"],
    ]),
  );
}

async function checkTypes(
  { run }: Project,
  { tsc, module, moduleResolution }: typeof RESOLUTIONS[number],
  say: (line: string) => void,
): Promise<void> {
  say(`${tsc} with moduleResolution ${moduleResolution}`);
  const program = `node_modules/${tsc}/bin/tsc`;
  await run(["node", program, "--module", module, "--moduleResolution", moduleResolution]);
}
