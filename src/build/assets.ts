/** `deno task build`: bundles what the service serves to browsers, into `dist/`. */

import { printLine } from "../cli/terminal.ts";
import { toAsset } from "../http/assets.ts";
import { type Build, isBuilt, recordBuild } from "./built.ts";
import { bundle, bundleSite, bundleStyles } from "./bundle.ts";

const SRC = new URL("../", import.meta.url);
const DIST = new URL("../../dist/", import.meta.url);

/** Entry points by the name of the file to serve. */
const ENTRIES = {
  "analytics.js": "client/script.ts",
  "demo.js": "demo/main.tsx",
  "demo.css": "demo/demo.css",
  // Scripts first: a package that only a style sheet imports is not fetched.
  "dashboard.js": "dashboard/main.tsx",
  "dashboard.css": "dashboard/dashboard.css",
  "sign_in.js": "dashboard/sign_in.ts",
  "docs.js": "api_docs/main.ts",
  "docs.css": "api_docs/docs.css",
} as const;

/** Options of `buildAssets`, for tests. */
export interface BuildOptions {
  readonly dist?: URL;
  readonly bundleEntry?: (entry: string) => Promise<string>;
}

/** Bundles everything, unless that is done already. A file that did not change is not written. */
export async function buildAssets(
  { dist = DIST, bundleEntry = bundleSource }: BuildOptions = {},
): Promise<void> {
  const build: Build = {
    inputs: [SRC, new URL("../deno.json", SRC), new URL("../deno.lock", SRC)],
    outputs: Object.keys(ENTRIES).map((name) => new URL(name, dist)),
    record: new URL("built", dist),
  };
  if (await isBuilt(build)) return;
  await Deno.mkdir(dist, { recursive: true });
  // One after the other: the first `deno bundle` on a machine downloads esbuild, and two at once fail.
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const file = new URL(name, dist);
    const text = await bundleEntry(entry);
    if (text === await Deno.readTextFile(file).catch(() => null)) continue;
    const temporary = new URL(`${name}.${crypto.randomUUID()}`, dist);
    await Deno.writeTextFile(temporary, text);
    await Deno.rename(temporary, file); // atomic: readers see the old file or the new one
  }
  await recordBuild(build);
}

async function bundleSource(entry: string): Promise<string> {
  const source = new URL(entry, SRC);
  if (entry.endsWith(".css")) return await bundleStyles(source);
  // Swagger UI is minified already: terser would take half a minute to gain nothing.
  if (entry.startsWith("api_docs/")) return await bundleSite(source);
  const mangleInternal = entry.startsWith("client/");
  return await bundle({ entry: source, format: "iife", mangleInternal });
}

if (import.meta.main) {
  await buildAssets();
  const { hash } = toAsset(await Deno.readTextFile(new URL("analytics.js", DIST)));
  printLine(`Script tag:  <script src="https://…/${hash}.js" defer data-auto></script>
Pixel:       <img src="https://…/${hash}.gif?eventType=email_opened&recipient=…" alt="">`);
}
