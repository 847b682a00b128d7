/** The npm package of the server SDK: `@sluice/server`. */

import { bundle } from "./bundle.ts";
import { generateDeclarations } from "./declarations.ts";
import { createPackage, gzipSize, type NpmPackage, type Release } from "./npm_package.ts";

const SRC = new URL("../server_sdk/", import.meta.url);
const TYPES = "./types/server_sdk/worker.d.ts";
const ESM = { types: TYPES, default: "./index.js" };
const WORKER = { types: TYPES, default: "./worker.js" };
const MANIFEST = {
  name: "@sluice/server",
  description: "Server SDK of Sluice: events from back ends, delivered exactly once",
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
};

/** Builds the package in memory. Readable, as what runs on servers is seen in their stack traces. */
export async function buildServerSdk(release: Release): Promise<NpmPackage> {
  const [mod, worker] = ["mod.ts", "worker.ts"].map((name) => new URL(name, SRC)) as [URL, URL];
  const node = { entry: mod, platform: "deno", minified: false } as const;
  const index = await bundle({ ...node, format: "esm" });
  const workerIndex = await bundle({ entry: worker, format: "esm", minified: false });
  // Both modules have the same exports; checking this one does not need the types of Node.
  const types = await generateDeclarations([worker]);
  return await createPackage({
    manifest: MANIFEST,
    readme: new URL("README.md", SRC),
    files: new Map([
      ["index.js", index],
      ["worker.js", workerIndex],
      ...types,
      // What a package is to `require` depends on the nearest package.json, for types too.
      ["cjs/package.json", '{ "type": "commonjs" }\n'],
      ["cjs/index.js", await bundle({ ...node, format: "cjs" })],
      ...types.map(([name, text]) => [`cjs/${name}`, text] as const),
    ]),
    sizes: [
      { part: "For Node, Deno and Bun", bytes: gzipSize(index), limit: 18_000 },
      { part: "For workers, no spool", bytes: gzipSize(workerIndex), limit: 14_500 },
    ],
  }, release);
}
