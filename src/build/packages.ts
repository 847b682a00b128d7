/** `deno task build:packages`: builds the npm packages into `dist/packages/`, each a folder to pack. */

import { printLine } from "../cli/terminal.ts";
import { buildApi } from "./api_package.ts";
import { buildClient } from "./client_package.ts";
import { type NpmPackage, readRelease, type Release } from "./npm_package.ts";
import { buildServerSdk } from "./server_package.ts";
import { writePackage } from "./write_package.ts";

const FOLDER = new URL("../../dist/packages/", import.meta.url);

/** Every package by its folder. */
export const PACKAGES: Readonly<Record<string, (release: Release) => Promise<NpmPackage>>> = {
  api: buildApi,
  client: buildClient,
  server: buildServerSdk,
};

if (import.meta.main) {
  const release = await readRelease();
  for (const [folder, build] of Object.entries(PACKAGES)) {
    const { name, files, sizes } = await build(release);
    await writePackage(new URL(`${folder}/`, FOLDER), files);
    printLine(`${name} ${release.version}: npm pack ./dist/packages/${folder}`);
    for (const { part, bytes } of sizes) printLine(`  ${part}: ${bytes} bytes (gzip)`);
  }
}
