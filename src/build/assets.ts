/** `deno task build`: bundles what the service serves to browsers, into `dist/`. */

import { printLine } from "../cli/terminal.ts";
import { toAsset } from "../http/assets.ts";
import { bundle, bundleStyles } from "./bundle.ts";

const SRC = new URL("../", import.meta.url);
const DIST = new URL("../../dist/", import.meta.url);

/** What is served, by the name of its file. */
const ENTRIES = {
  "analytics.js": "client/script.ts",
  "demo.js": "demo/main.tsx",
  "demo.css": "demo/demo.css",
  // The script first: a package that only a style sheet names is not fetched.
  "dashboard.js": "dashboard/main.tsx",
  "dashboard.css": "dashboard/dashboard.css",
  "sign_in.js": "dashboard/sign_in.ts",
} as const;

/** Bundles everything. A file that did not change is left alone. */
export async function buildAssets(): Promise<void> {
  await Deno.mkdir(DIST, { recursive: true });
  // One after the other: the first `deno bundle` of a machine fetches esbuild, and two at once trip.
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const file = new URL(name, DIST);
    const text = await textOf(entry);
    if (text === await Deno.readTextFile(file).catch(() => null)) continue;
    const partly = new URL(`${name}.${crypto.randomUUID()}`, DIST);
    await Deno.writeTextFile(partly, text);
    await Deno.rename(partly, file); // whoever reads meanwhile has the old one or the new one whole
  }
}

async function textOf(entry: string): Promise<string> {
  const source = new URL(entry, SRC);
  if (entry.endsWith(".css")) return await bundleStyles(source);
  const mangleInternal = entry.startsWith("client/");
  return await bundle({ entry: source, format: "iife", mangleInternal });
}

if (import.meta.main) {
  await buildAssets();
  const { hash } = toAsset(await Deno.readTextFile(new URL("analytics.js", DIST)));
  printLine(
    `For a script tag:  <script src="https://…/analytics.js?v=${hash}" defer data-auto></script>`,
  );
}
