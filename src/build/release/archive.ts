/** Packs a package as npm publishes it, and reads what is in the archive. */

import { createHash } from "node:crypto";
import { join, relative } from "node:path";
import type { NpmPackage } from "../npm_package.ts";

/** A packed package. */
export interface Archive extends Pick<NpmPackage, "name" | "sizes" | "thirdParty"> {
  readonly file: string;
  readonly bytes: number;
  /** As npm and lock files write it: `sha512-` and base64. */
  readonly integrity: string;
  /** What is in the archive: texts by file name. */
  readonly files: ReadonlyMap<string, string>;
}

/** What packing runs. */
const PROGRAMS = ["npm", "tar"] as const;

/** Returns a sentence for each program that is missing. */
export async function checkPrograms(): Promise<string[]> {
  const faults: string[] = [];
  for (const program of PROGRAMS) {
    await run(".", program, "--version").catch(({ message }: Error) => {
      faults.push(`${program} is needed to pack, and could not be run: ${message}.`);
    });
  }
  return faults;
}

/** Packs the folder of a built package into `destination`. */
export async function packArchive(
  { name, sizes, thirdParty }: NpmPackage,
  folder: string,
  destination: string,
): Promise<Archive> {
  const packed = await run(folder, "npm", "pack", "--silent", "--pack-destination", destination);
  const file = join(destination, packed.trim());
  const content = await Deno.readFile(file);
  const unpacked = await Deno.makeTempDir({ prefix: "sluice-archive-" });
  try {
    await run(unpacked, "tar", "-xzf", file);
    const root = join(unpacked, "package");
    const files = await Array.fromAsync(listFiles(root), async (path) => {
      return [relative(root, path).replaceAll("\\", "/"), await Deno.readTextFile(path)] as const;
    });
    return {
      name,
      sizes,
      thirdParty,
      file,
      bytes: content.length,
      integrity: `sha512-${createHash("sha512").update(content).digest("base64")}`,
      files: new Map(files),
    };
  } finally {
    await Deno.remove(unpacked, { recursive: true });
  }
}

async function* listFiles(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* listFiles(join(folder, name));
    else yield join(folder, name);
  }
}

async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
