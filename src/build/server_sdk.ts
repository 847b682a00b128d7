/** `deno task build:server`: builds the npm package of the server SDK into `dist/server/`. */

import { gzipSync } from "node:zlib";
import { printLine } from "../cli/terminal.ts";
import { bundle } from "./bundle.ts";
import { generateDeclarations } from "./declarations.ts";
import { writePackage } from "./write_package.ts";

const SRC = new URL("../server_sdk/", import.meta.url);
const ROOT = new URL("../../", import.meta.url);

/** The built package. */
export interface ServerPackage {
  /** Texts by file name. */
  readonly files: ReadonlyMap<string, string>;
  /** Bytes after gzip. */
  readonly sizes: { readonly node: number; readonly worker: number };
}

/** Builds the package in memory. Readable, as what runs on servers is seen in their stack traces. */
export async function buildServerSdk(): Promise<ServerPackage> {
  const [mod, worker] = ["mod.ts", "worker.ts"].map((name) => new URL(name, SRC)) as [URL, URL];
  const node = { entry: mod, platform: "deno", minified: false } as const;
  const index = await bundle({ ...node, format: "esm" });
  const workerIndex = await bundle({ entry: worker, format: "esm", minified: false });
  // Both modules have the same exports; checking this one does not need the types of Node.
  const types = await generateDeclarations([worker]);
  const { version, license } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const files = new Map([
    ["index.js", index],
    ["worker.js", workerIndex],
    ...types,
    // What a package is to `require` depends on the nearest package.json, for types too.
    ["cjs/package.json", '{ "type": "commonjs" }\n'],
    ["cjs/index.js", await bundle({ ...node, format: "cjs" })],
    ...types.map(([name, text]) => [`cjs/${name}`, text] as const),
    ["package.json", `${JSON.stringify(manifest(version, license), null, 2)}\n`],
    ["README.md", await Deno.readTextFile(new URL("README.md", SRC))],
    ["LICENSE", await Deno.readTextFile(new URL("LICENSE", ROOT))],
  ]);
  const size = (text: string) => gzipSync(text, { level: 9 }).length;
  return { files, sizes: { node: size(index), worker: size(workerIndex) } };
}

function manifest(version: string, license: string) {
  const types = "./types/server_sdk/worker.d.ts";
  const esm = { types, default: "./index.js" };
  const worker = { types, default: "./worker.js" };
  return {
    name: "@sluice/server",
    version,
    description: "Server SDK of Sluice: events from back ends, delivered exactly once",
    license,
    type: "module",
    sideEffects: false,
    engines: { node: ">=20" },
    exports: {
      ".": {
        workerd: worker,
        "edge-light": worker,
        deno: esm,
        bun: esm,
        node: {
          import: esm,
          require: { types: `./cjs/${types.slice(2)}`, default: "./cjs/index.js" },
        },
        default: worker,
      },
    },
  };
}

if (import.meta.main) {
  const { files, sizes } = await buildServerSdk();
  await writePackage(new URL("dist/server/", ROOT), files);
  printLine(`@sluice/server is in dist/server/: npm pack ./dist/server
  Node, Deno, Bun  ${sizes.node} bytes (gzip)
  workers          ${sizes.worker} bytes`);
}
