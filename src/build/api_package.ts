/** The npm package of the router's type: `@sluice/api`. */

import { generateDeclarations } from "./declarations.ts";
import { createPackage, type NpmPackage, type Release } from "./npm_package.ts";

const SRC = new URL("../api/", import.meta.url);

/** What can be imported: the export, and the folder of its module. */
const PARTS = [
  { path: ".", name: "mod", source: "mod" },
  { path: "./v10", name: "v10", source: "v10/mod" },
] as const;

const MANIFEST = {
  name: "@sluice/api",
  description: "Types of Sluice's tRPC router, for tRPC 11 and 10",
  keywords: ["analytics", "events", "trpc", "types"],
  exports: Object.fromEntries(PARTS.map(({ path, name }) => [path, {
    import: { types: `./${name}.d.ts`, default: `./${name}.js` },
    require: { types: `./cjs/${name}.d.ts`, default: `./cjs/${name}.js` },
  }])),
  // For resolution without `exports`, which finds the other part by the name of its file.
  main: "./cjs/mod.js",
  module: "./mod.js",
  types: "./mod.d.ts",
  // Without it the inputs and responses have their types, but not the router.
  peerDependencies: { "@trpc/server": "^10.45.0 || ^11.0.0" },
  peerDependenciesMeta: { "@trpc/server": { optional: true } },
};

/** Builds the package in memory: declarations, and modules without code for bundlers that keep imports. */
export async function buildApi(release: Release): Promise<NpmPackage> {
  const types = await generateDeclarations(
    PARTS.map(({ source }) => new URL(`${source}.ts`, SRC)),
  );
  // What a file is to `require` depends on the nearest package.json, for types too.
  const files = new Map([["cjs/package.json", '{ "type": "commonjs" }\n']]);
  for (const [folder, code] of [["", "export {};\n"], ["cjs/", '"use strict";\n']] as const) {
    for (const [name, text] of types) files.set(`${folder}${name}`, text);
    for (const { name, source } of PARTS) {
      files.set(`${folder}${name}.js`, code);
      files.set(`${folder}${name}.d.ts`, `export * from "./types/api/${source}.js";\n`);
    }
  }
  const readme = new URL("README.md", SRC);
  return await createPackage({ manifest: MANIFEST, readme, files, sizes: [] }, release);
}
