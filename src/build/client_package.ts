/** The npm package of the browser SDK: `@sluice/client`. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { toAsset } from "../http/assets.ts";
import { bundle, bundleSite } from "./bundle.ts";
import { generateDeclarations } from "./declarations.ts";
import { bundleInto } from "./module_files.ts";
import { createPackage, gzipSize, type NpmPackage, type Release } from "./npm_package.ts";
import { entryFields, FORMS, partManifests } from "./parts.ts";

const SRC = new URL("../client/", import.meta.url);

/** What can be imported: the export, its module, and what it leaves to others. */
const PARTS = [
  { path: ".", name: "mod", source: "mod.ts" },
  { path: "./native", name: "native", source: "native.ts" },
  {
    path: "./react",
    name: "react",
    source: "react.tsx",
    external: ["react", "react/jsx-runtime", "*/mod.ts"],
    directive: "use client",
  },
] as const;

const MANIFEST = {
  name: "@sluice/client",
  description: "Browser and React SDK of Sluice: analytics events, delivered exactly once",
  keywords: ["analytics", "events", "tracking", "react", "react-native"],
  ...entryFields(PARTS),
  peerDependencies: { react: ">=18" },
  peerDependenciesMeta: { react: { optional: true } },
};

/** Builds the package in memory. */
export async function buildClient(release: Release): Promise<NpmPackage> {
  const types = await generateDeclarations(PARTS.map(({ source }) => new URL(source, SRC)));
  const files = new Map(partManifests(PARTS));
  for (const [folder, format] of FORMS) {
    for (const [name, text] of types) files.set(`${folder}${name}`, text);
    for (const { name, source, ...options } of PARTS) {
      const entry = new URL(source, SRC);
      files.set(`${folder}${name}.d.ts`, `export * from "./types/client/${name}.js";\n`);
      const built = await bundleInto(`${folder}${name}.js`, {
        ...options,
        entry,
        format,
        mangleInternal: true,
      });
      for (const [file, text] of built) files.set(file, text);
    }
  }
  const text = (name: string) => files.get(name) ?? "";
  const script = await bundle({
    entry: new URL("script.ts", SRC),
    format: "iife",
    mangleInternal: true,
  });
  const core = await bundleCore(text("esm/mod.js"));
  return await createPackage({
    manifest: MANIFEST,
    readme: new URL("README.md", SRC),
    files,
    sizes: [
      { part: "Everything, as `/analytics.js`", bytes: toAsset(script).gzip.length, limit: 8_400 },
      { part: "`createAnalytics`", bytes: gzipSize(core), limit: 5_300 },
      {
        part: "`createAnalytics` with all helpers",
        bytes: gzipSize(text("esm/mod.js")),
        limit: 8_550,
      },
      {
        part: "`@sluice/client/native`, instead",
        bytes: gzipSize(text("esm/native.js")),
        limit: 8_800,
      },
      {
        part: "`@sluice/client/react`, in addition",
        bytes: gzipSize(text("esm/react.js")),
        limit: 1_000,
      },
    ],
  }, release);
}

/** Bundles `createAnalytics` alone as a site does: from the package. */
async function bundleCore(mod: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-client-" });
  try {
    await Deno.writeTextFile(join(folder, "mod.js"), mod);
    await Deno.writeTextFile(
      join(folder, "site.js"),
      'export { createAnalytics } from "./mod.js";',
    );
    return await bundleSite(pathToFileURL(join(folder, "site.js")));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
