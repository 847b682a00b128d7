/** A site with every example of the integrators' guide, and the SDK, in Chromium. */

import { assert, assertEquals } from "../../support/assert.ts";
import { openBrowser, type Page } from "../../support/browser.ts";
import { freePort } from "../../support/command.ts";
import { until } from "../../support/until.ts";
import { compile } from "./compile.ts";
import type { Project } from "./project.ts";
import type { Stage } from "./stage.ts";

const VIEWED = "ckv3x9d2a0001qzrmn831i7rn";
const CARD = "ckv3x9d2a0002qzrmn831i7rn";
const LICENSE = "ckv3x9d2a0004qzrmn831i7rn";
/** Where the guide's example of a client sends to. */
const GUIDE_URL = "http://localhost:3000";

/** What the console has to say: examples report events that the service rejects. */
const EXPECTED_ERRORS: readonly RegExp[] = [
  /Failed to load resource: the server responded with a status of (400|412|207)/,
  /^error: Invalid event data:/,
  /^error: Validation errors: {fieldErrors: Object, formErrors: Array\(1\)}/,
  /^warning: Event timestamp is too old/,
  /^error: \[Analytics\] Event tracking failed: TRPCClientError/,
];

/** Compiles and builds the site, uses every example of it, and looks at the rows. */
export async function runGuideSite(stage: Stage, part: string, project: Project): Promise<void> {
  const token = await stage.token("ADMIN", part);
  const env = { VITE_SLUICE_URL: stage.url, VITE_TOKEN: token, VITE_PART: part };
  const { out: copies } = await project.run(["npm", "ls", "react", "--parseable"]);
  assertEquals(copies.match(/\/node_modules\/react$/gm)?.length, 1, copies);
  stage.say("tsc");
  await compile(project);
  stage.say("vite build");
  const { out, err } = await project.run(["vite", "build"], env);
  assertEquals(
    `${out}${err}`.split("\n").filter((line) => /warn|sluice|duplicate/i.test(line)),
    [],
  );
  const port = freePort();
  await using server = project.start(["vite", "preview", "--strictPort", "--port", String(port)]);
  await server.waitFor(/localhost:/);
  stage.say("every example in Chromium");
  const url = `http://localhost:${port}/?utm_source=guide&utm_medium=site`;
  await visit(stage.url, url, () => checkRows(stage, part));
}

async function visit(service: string, url: string, check: () => Promise<void>): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const browser = await openBrowser();
  opened.defer(() => browser.close());
  const context = await browser.newContext();
  const said: string[] = [];
  context.on("weberror", (error) => said.push(`uncaught: ${error.error()}`));
  context.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  let scrolled = 0;
  context.on("requestfinished", (request) => {
    scrolled += [...(request.postData() ?? "").matchAll(/scrollDepthPercentage/g)].length;
  });
  await context.route(
    `${GUIDE_URL}/**`,
    (route) => route.continue({ url: route.request().url().replace(GUIDE_URL, service) }),
  );
  const page = await context.newPage();
  await page.goto(url);
  await page.getByText("Polled: 100").waitFor();
  await page.getByText("Valid: false true false").waitFor();
  await page.getByText(/Buffer Size: \d+ events/).waitFor();
  await page.locator("#card > div").dispatchEvent("click");
  for (const name of ["license", "anonymous", "scroll", "incomplete", "offline", "batch"]) {
    await click(page, name);
  }
  await until(() => said.some((line) => line === "log: Synced 1/2 events"), "the synchronisation");
  assertEquals(await queuedTypes(page), ["license_signed"]);
  await click(page, "invalid");
  await page.getByText("BAD_REQUEST").waitFor();
  for (const name of ["silent", "client", "sdk", "scroll again"]) await click(page, name);
  await until(async () => (await queuedTypes(page)).length === 2, "the failed event in the queue");
  await click(page, "Force Flush Buffer");
  await until(() => said.includes("log: Event buffer flushed successfully"), "the flush");
  await until(() => said.some((line) => /^log: Event tracked:/.test(line)), "the viewed asset");
  await until(() => scrolled === 2, "both debounced events");
  // What is sent as a page is left needs a browser that goes on
  await page.goto("about:blank");
  await check();
  await context.close();
  const complaints = said.filter((line) => !/^(log|info|debug): /.test(line));
  const unexpected = complaints.filter((line) => !EXPECTED_ERRORS.some((one) => one.test(line)));
  assertEquals(unexpected, [], "the browser's console");
  for (const expected of EXPECTED_ERRORS.slice(1)) {
    assert(complaints.some((line) => expected.test(line)), `${expected} in ${complaints}`);
  }
}

async function click(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}

function queuedTypes(page: Page): Promise<string[]> {
  return page.evaluate(`getQueuedEventsFromStorage().map(({ eventType }) => eventType)`);
}

async function checkRows(stage: Stage, part: string): Promise<void> {
  const batched = Array.from({ length: 21 }, (_, n) => ["button_clicked", null, n]);
  const rows = await stage.rows({
    where: "user_id = $1",
    values: [part],
    expected: 7 + batched.length,
  });
  const detail = (props: typeof rows[number]["props"]) =>
    props?.["n"] ?? props?.["scrollDepthPercentage"] ?? props?.["scroll_depth_percentage"] ?? null;
  const found = rows.map((row) => [row.event_type, row.entity_id, detail(row.props)]);
  const sorted = (list: unknown[][]) => list.map((one) => JSON.stringify(one)).toSorted();
  assertEquals(
    sorted(found),
    sorted([
      ["asset_viewed", VIEWED, null],
      ["asset_viewed", CARD, null],
      ["license_signed", LICENSE, null],
      ["page_viewed", null, null],
      ["post_scroll_depth", null, 25],
      ["post_scroll_depth", null, 50],
      ["search_performed", null, null],
      ...batched,
    ]),
  );
  const viewed = rows.find((row) => row.entity_id === VIEWED);
  assertEquals(viewed?.attribution?.["utmSource"], "guide");
  assertEquals(viewed?.actor_type, "ADMIN");
  const license = rows.find((row) => row.entity_id === LICENSE);
  assert(license?.idempotency_key, "the license's idempotency key");
  // Without the token: the guide's client, which has none, and the SDK
  const anonymous = await stage.rows({
    where: "props ->> 'part' = $1 or props ->> 'post_id' = $1",
    values: [part],
    expected: 3,
  });
  assertEquals(anonymous.map((row) => [row.event_type, row.user_id]).toSorted(), [
    ["form_submitted", null],
    ["modal_opened", null],
    ["post_viewed", null],
  ]);
}
