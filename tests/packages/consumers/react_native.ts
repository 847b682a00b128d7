/** React Native: the types of its packages, and AsyncStorage's own mock in an environment like its own. */

import { assertEquals } from "../../support/assert.ts";
import { installProject } from "../support/project.ts";
import type { Stage } from "../support/stage.ts";

/** Types compile without the DOM, and an app sends what it has stored before. */
export async function run(stage: Stage): Promise<void> {
  const project = await installProject(stage, "react_native");
  for (const config of ["tsconfig.json", "tsconfig.extension.json"]) {
    stage.say(`tsc -p ${config}`);
    await project.run(["tsc", "-p", config]);
  }
  stage.say("an app offline, and its next start");
  const env = { SLUICE_URL: stage.url, SLUICE_TOKEN: await stage.token("CREATOR", "app_user") };
  const { out, err } = await project.run(["node", "send.mjs"], env);
  assertEquals(err, "", "warnings");
  const done = { saved: true, rejected: 0, queued: 0, left: [], sent: true };
  assertEquals(JSON.parse(out), done);
  const rows = await stage.rows({ where: "props ->> 'from' = 'react_native'", expected: 4 });
  assertEquals(
    rows.map(({ props, source, user_id }) => [props?.["n"], source, user_id]),
    [0, 1, 2, 3].map((n) => [n, "mobile", n === 3 ? "app_user" : null]),
  );
}
