/** `deno task build:client`: builds the SDK's npm package into `dist/client/`. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { printLine } from "../cli/terminal.ts";
import { bundle, bundleSite } from "./bundle.ts";
import { generateDeclarations } from "./declarations.ts";
import { writePackage } from "./write_package.ts";

const SRC = new URL("../client/", import.meta.url);
const ROOT = new URL("../../", import.meta.url);
const REACT = ["react", "react/jsx-runtime"];

/** The built package. */
export interface ClientPackage {
  /** Texts by file name. */
  readonly files: ReadonlyMap<string, string>;
  /** Bytes after gzip: a site with `createAnalytics` alone, what the React part adds, and all but React. */
  readonly sizes: { readonly core: number; readonly react: number; readonly all: number };
}

/** Builds the package in memory. */
export async function buildClient(): Promise<ClientPackage> {
  const sdk = { format: "esm", mangleInternal: true } as const;
  const all = await bundle({ ...sdk, entry: new URL("mod.ts", SRC) });
  const react = await bundle({
    ...sdk,
    entry: new URL("react.tsx", SRC),
    external: [...REACT, "*/mod.ts"],
  });
  const types = await generateDeclarations([new URL("mod.ts", SRC), new URL("react.tsx", SRC)]);
  const { version, license } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const files = new Map([
    ["index.js", all],
    ["react.js", '"use client";\n' + react.replaceAll(/"[^"]*\/mod\.ts"/g, '"./index.js"')],
    ...types,
    ["package.json", `${JSON.stringify(manifest(version, license), null, 2)}\n`],
    ["README.md", await Deno.readTextFile(new URL("README.md", SRC))],
    ["LICENSE", await Deno.readTextFile(new URL("LICENSE", ROOT))],
  ]);
  const size = (text: string) => gzipSync(text, { level: 9 }).length;
  const reactPart = files.get("react.js") ?? "";
  const core = await bundleCore(all);
  return { files, sizes: { core: size(core), react: size(reactPart), all: size(all) } };
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

function manifest(version: string, license: string) {
  return {
    name: "@sluice/client",
    version,
    description: "Browser and React SDK of Sluice: analytics events, delivered exactly once",
    license,
    type: "module",
    sideEffects: false,
    exports: {
      ".": { types: "./types/client/mod.d.ts", default: "./index.js" },
      "./react": { types: "./types/client/react.d.ts", default: "./react.js" },
    },
    peerDependencies: { react: ">=18" },
    peerDependenciesMeta: { react: { optional: true } },
  };
}

if (import.meta.main) {
  const { files, sizes } = await buildClient();
  await writePackage(new URL("dist/client/", ROOT), files);
  printLine(`@sluice/client is in dist/client/: npm pack ./dist/client
  core        ${sizes.core} bytes (gzip)
  everything  ${sizes.all} bytes
  React part  ${sizes.react} bytes`);
}
