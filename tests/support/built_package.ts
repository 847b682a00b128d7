/** The npm packages, built once for all test files. */

import { isBuilt, recordBuild } from "../../src/build/built.ts";
import { type NpmPackage, readRelease } from "../../src/build/npm_package.ts";
import { PACKAGES } from "../../src/build/packages.ts";

const ROOT = new URL("../../", import.meta.url);
const CACHE = new URL("dist/test_packages/", ROOT);
const INPUTS = ["src/", "LICENSE", "deno.json", "deno.lock"];

/** Returns a package by its folder (`client`), built unless a file of the last build is unchanged. */
export async function builtPackage(folder: string): Promise<NpmPackage> {
  await Deno.mkdir(CACHE, { recursive: true });
  const file = new URL(`${folder}.json`, CACHE);
  const build = {
    inputs: INPUTS.map((path) => new URL(path, ROOT)),
    withDocuments: true, // a README is part of its package
    outputs: [file],
    record: new URL(`${folder}.built`, CACHE),
  };
  using lock = await Deno.open(new URL(`${folder}.lock`, CACHE), { create: true, write: true });
  await lock.lock(true); // another test file may be building it
  if (await isBuilt(build)) {
    const { files, ...others } = JSON.parse(await Deno.readTextFile(file));
    return { ...others, files: new Map(files) };
  }
  const built = await PACKAGES[folder]?.(await readRelease());
  if (built === undefined) throw new Error(`there is no package ${folder}`);
  await Deno.writeTextFile(file, JSON.stringify({ ...built, files: [...built.files] }));
  await recordBuild(build);
  return built;
}
