/** The npm package of the browser SDK: `@sluice/client`. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle, bundleSite } from "./bundle.ts";
import { generateDeclarations } from "./declarations.ts";
import { createPackage, gzipSize, type NpmPackage, type Release } from "./npm_package.ts";

const SRC = new URL("../client/", import.meta.url);
const REACT = ["react", "react/jsx-runtime"];
const MANIFEST = {
  name: "@sluice/client",
  description: "Browser and React SDK of Sluice: analytics events, delivered exactly once",
  exports: {
    ".": { types: "./types/client/mod.d.ts", default: "./index.js" },
    "./react": { types: "./types/client/react.d.ts", default: "./react.js" },
  },
  peerDependencies: { react: ">=18" },
  peerDependenciesMeta: { react: { optional: true } },
};

/** Builds the package in memory. */
export async function buildClient(release: Release): Promise<NpmPackage> {
  const sdk = { format: "esm", mangleInternal: true } as const;
  const index = await bundle({ ...sdk, entry: new URL("mod.ts", SRC) });
  const reactPart = await bundle({
    ...sdk,
    entry: new URL("react.tsx", SRC),
    external: [...REACT, "*/mod.ts"],
  });
  const react = '"use client";\n' + reactPart.replaceAll(/"[^"]*\/mod\.ts"/g, '"./index.js"');
  const types = await generateDeclarations([new URL("mod.ts", SRC), new URL("react.tsx", SRC)]);
  const core = await bundleCore(index);
  return await createPackage({
    manifest: MANIFEST,
    readme: new URL("README.md", SRC),
    files: new Map([["index.js", index], ["react.js", react], ...types]),
    sizes: [
      { part: "`createAnalytics`", bytes: gzipSize(core), limit: 5_400 },
      { part: "`createAnalytics` with all helpers", bytes: gzipSize(index), limit: 8_500 },
      { part: "`@sluice/client/react`, in addition", bytes: gzipSize(react), limit: 1_000 },
    ],
  }, release);
}

/** Bundles `createAnalytics` alone as a site does: from the package. */
async function bundleCore(index: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-client-" });
  try {
    await Deno.writeTextFile(join(folder, "index.js"), index);
    await Deno.writeTextFile(
      join(folder, "site.js"),
      'export { createAnalytics } from "./index.js";',
    );
    return await bundleSite(pathToFileURL(join(folder, "site.js")));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
