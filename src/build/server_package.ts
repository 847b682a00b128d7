/** The npm package of the server SDK: `@sluice/server`. */

import { generateDeclarations } from "./declarations.ts";
import { bundleInto } from "./module_files.ts";
import { createPackage, gzipSize, type NpmPackage, type Release } from "./npm_package.ts";

const SRC = new URL("../server_sdk/", import.meta.url);
const TYPES = "./types/server_sdk/worker.d.ts";
const ESM = { types: TYPES, default: "./index.js" };
const WORKER = { types: TYPES, default: "./worker.js" };
const MANIFEST = {
  name: "@sluice/server",
  description: "Server SDK of Sluice: events from back ends, delivered exactly once",
  keywords: ["analytics", "events", "tracking", "server"],
  exports: {
    ".": {
      workerd: WORKER,
      "edge-light": WORKER,
      deno: ESM,
      bun: ESM,
      node: {
        import: ESM,
        require: { types: `./cjs/${TYPES.slice(2)}`, default: "./cjs/index.js" },
      },
      default: WORKER,
    },
  },
  // For resolution without `exports`.
  main: "./cjs/index.js",
  module: "./index.js",
  types: TYPES,
};

/** Builds the package in memory. Readable, as what runs on servers is seen in their stack traces. */
export async function buildServerSdk(release: Release): Promise<NpmPackage> {
  const [mod, worker] = ["mod.ts", "worker.ts"].map((name) => new URL(name, SRC)) as [URL, URL];
  const node = { entry: mod, platform: "deno", minified: false } as const;
  // Both modules have the same exports; checking this one does not need the types of Node.
  const types = await generateDeclarations([worker]);
  const files = new Map([
    ...await bundleInto("index.js", { ...node, format: "esm" }),
    ...await bundleInto("worker.js", { entry: worker, format: "esm", minified: false }),
    ...types,
    // What a file is to `require` depends on the nearest package.json, for types too.
    ["cjs/package.json", '{ "type": "commonjs" }\n'],
    ...await bundleInto("cjs/index.js", { ...node, format: "cjs" }),
    ...types.map(([name, text]) => [`cjs/${name}`, text] as const),
  ]);
  const size = (name: string) => gzipSize(files.get(name) ?? "");
  return await createPackage({
    manifest: MANIFEST,
    readme: new URL("README.md", SRC),
    files,
    sizes: [
      { part: "For Node, Deno and Bun", bytes: size("index.js"), limit: 18_000 },
      { part: "For workers, no spool", bytes: size("worker.js"), limit: 14_500 },
    ],
  }, release);
}
