/** Builds the packages and packs them as npm would publish them. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PACKAGES } from "../../../src/build/packages.ts";
import { writePackage } from "../../../src/build/write_package.ts";
import { builtPackage } from "../../support/built_package.ts";
import { runProgram } from "./programs.ts";

/** Packs all packages into a folder. @returns the paths of the archives, by the package's name */
export async function packAll(folder: string): Promise<Readonly<Record<string, string>>> {
  const archives: Record<string, string> = {};
  for (const subfolder of Object.keys(PACKAGES)) {
    const { name, files } = await builtPackage(subfolder);
    const cwd = join(folder, subfolder);
    await writePackage(pathToFileURL(`${cwd}/`), files);
    const pack = ["npm", "pack", "--silent", "--pack-destination", folder] as const;
    const { out } = await runProgram(pack, { cwd });
    archives[name] = join(folder, out.trim());
  }
  return archives;
}
