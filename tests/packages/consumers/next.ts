/** Next's newest: server components, a server action, a route handler, and client components. */

import { assertEquals } from "../../support/assert.ts";
import { openBrowser } from "../../support/browser.ts";
import { freePort } from "../../support/command.ts";
import { collectComplaints } from "../support/console.ts";
import { installProject } from "../support/project.ts";
import type { Stage } from "../support/stage.ts";

/** Built without warnings, it renders, hydrates and sends; each event has one row. */
export async function run(stage: Stage): Promise<void> {
  const project = await installProject(stage, "next");
  const { key } = await stage.key();
  const env = {
    SLUICE_URL: stage.url,
    SLUICE_KEY: key,
    NEXT_PUBLIC_SLUICE_URL: stage.url,
    NEXT_TELEMETRY_DISABLED: "1",
  };
  stage.say("next build");
  const { out, err } = await project.run(["next", "build"], env);
  assertEquals(`${out}${err}`.split("\n").filter((line) => /warn|⚠|sluice/i.test(line)), []);
  stage.say("tsc with skipLibCheck false");
  await project.run(["tsc", "--skipLibCheck", "false", "--incremental", "false"], env);
  const port = freePort();
  await using server = project.start(["next", "start", "--port", String(port)], env);
  await server.waitFor(/Ready/);
  stage.say("the pages in Chromium");
  await visit(`http://localhost:${port}`, server.log, () => checkRows(stage));
}

async function checkRows(stage: Stage): Promise<void> {
  const rows = await stage.rows({ where: "props ->> 'from' = 'next'", expected: 7 });
  assertEquals(rows.map((row) => [row.event_type, row.source, row.entity_id]).toSorted(), [
    ["api_request", "api", null], // the page as it was opened, and as the router came back to it
    ["api_request", "api", null],
    ["asset_uploaded", "api", "ckv3x9d2a0000qzrmn831i7rn"],
    ["asset_viewed", "web", "ckv3x9d2a0001qzrmn831i7rn"],
    ["cta_clicked", "web", null],
    ["license_signed", "api", null],
    ["payout_completed", "web", null],
  ]);
  const sessionId = rows.find((row) => row.event_type === "cta_clicked")?.session_id ?? "";
  const views = await stage.rows({
    where: "event_type = 'page_viewed' and session_id = $1",
    values: [sessionId],
    expected: 3,
  });
  assertEquals(views.map(({ props }) => props?.["page"]), ["/", "/asset", "/"]);
}

async function visit(url: string, log: () => string, check: () => Promise<void>): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const browser = await openBrowser();
  opened.defer(() => browser.close());
  const context = await browser.newContext();
  const complaints = collectComplaints(context);
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole("button", { name: "Click" }).click();
  await page.getByRole("button", { name: "Upload" }).click();
  await page.getByText("uploaded").waitFor();
  await page.getByRole("button", { name: "Pay" }).click();
  await page.getByText("paid", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Sign" }).click();
  await page.getByRole("heading", { name: "An asset" }).waitFor();
  await page.getByRole("link", { name: "Back" }).click();
  await page.getByRole("heading", { name: "Rendered on the server" }).waitFor();
  // What is sent as a page is left needs a browser that goes on
  await page.goto("about:blank");
  await check();
  await context.close();
  assertEquals(complaints, [], "the browser's console");
  const lines = log().split("\n").filter((line) => /warn|error|⚠|⨯|sluice/i.test(line));
  assertEquals(lines, [], "the server's log");
}
