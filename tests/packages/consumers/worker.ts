/** Workers of a browser by `@sluice/client/native`, and of an edge by `@sluice/server`. */

import { assertEquals } from "../../support/assert.ts";
import { openBrowser } from "../../support/browser.ts";
import { freePort } from "../../support/command.ts";
import { collectComplaints } from "../support/console.ts";
import { installProject } from "../support/project.ts";
import type { Stage } from "../support/stage.ts";

/** Bundled without warnings, it sends from each kind of worker. */
export async function run(stage: Stage): Promise<void> {
  await runInChromium(stage);
  await runInWorkerd(stage);
}

/** A dedicated, a shared and a service worker, and one that is ended before it sends. */
async function runInChromium(stage: Stage): Promise<void> {
  const project = await installProject(stage, "web_worker");
  const env = { VITE_SLUICE_URL: stage.url, VITE_TOKEN: await stage.token("CREATOR", "in_worker") };
  stage.say("tsc and vite build");
  await project.run(["tsc"]);
  const { out, err } = await project.run(["vite", "build"], env);
  assertEquals(`${out}${err}`.split("\n").filter((line) => /warn|sluice/i.test(line)), []);
  const port = freePort();
  await using server = project.start(["vite", "preview", "--strictPort", "--port", String(port)]);
  await server.waitFor(/localhost:/);
  stage.say("four workers in Chromium");
  await using opened = new AsyncDisposableStack();
  const browser = await openBrowser();
  opened.defer(() => browser.close());
  const context = await browser.newContext();
  const complaints = collectComplaints(context);
  const page = await context.newPage();
  await page.goto(`http://localhost:${port}`);
  await page.locator("output").getByText("service").waitFor();
  assertEquals(
    await page.locator("output").textContent(),
    "dedicated:true:true:0 killed:flushed service:0:0 shared:true",
  );
  await context.close();
  assertEquals(complaints, [], "the browser's console");
  const rows = await stage.rows({ where: "props ->> 'from' = 'web_worker'", expected: 5 });
  assertEquals(
    rows.map((row) => [row.props?.["kind"], row.event_type, row.source, row.user_id]).toSorted(),
    [
      ["dedicated", "job_completed", "web", null],
      ["dedicated", "payout_completed", "web", "in_worker"],
      ["killed", "job_completed", "web", null],
      ["service", "job_completed", "web", null],
      ["shared", "job_completed", "web", null],
    ],
  );
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
