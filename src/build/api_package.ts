/** The npm package of the router's type: `@sluice/api`. */

import { generateDeclarations } from "./declarations.ts";
import { createPackage, type NpmPackage, type Release } from "./npm_package.ts";
import { entryFields, FORMS, partManifests } from "./parts.ts";

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
  ...entryFields(PARTS),
  // Without it the inputs and responses have their types, but not the router.
  peerDependencies: { "@trpc/server": "^10.45.0 || ^11.0.0" },
  peerDependenciesMeta: { "@trpc/server": { optional: true } },
};

/** Modules without code. */
const EMPTY = { esm: "export {};\n", cjs: '"use strict";\n' };

/** Builds the package in memory: declarations, and modules without code for bundlers that keep imports. */
export async function buildApi(release: Release): Promise<NpmPackage> {
  const types = await generateDeclarations(
    PARTS.map(({ source }) => new URL(`${source}.ts`, SRC)),
  );
  const files = new Map(partManifests(PARTS));
  for (const [folder, format] of FORMS) {
    for (const [name, text] of types) files.set(`${folder}${name}`, text);
    for (const { name, source } of PARTS) {
      files.set(`${folder}${name}.js`, EMPTY[format]);
      files.set(`${folder}${name}.d.ts`, `export * from "./types/api/${source}.js";\n`);
    }
  }
  const readme = new URL("README.md", SRC);
  return await createPackage({ manifest: MANIFEST, readme, files, sizes: [] }, release);
}
