/** Builds the packages and packs them as npm would publish them. */

import { join } from "node:path";
import { buildClient } from "../../../src/build/client.ts";
import { buildServerSdk } from "../../../src/build/server_sdk.ts";
import { runProgram } from "./programs.ts";

/** Packs all packages into a folder. @returns the paths of the archives, by the package's name */
export async function packAll(folder: string): Promise<Readonly<Record<string, string>>> {
  const packages = await Promise.all([buildClient(), buildServerSdk()]);
  const archives: Record<string, string> = {};
  for (const { files } of packages) {
    const { name } = JSON.parse(files.get("package.json") ?? "{}") as { name: string };
    const source = join(folder, name);
    for (const [path, text] of files) {
      await Deno.mkdir(join(source, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(source, path), text);
    }
    const { out } = await runProgram(
      ["npm", "pack", "--silent", "--pack-destination", folder],
      { cwd: source },
    );
    archives[name] = join(folder, out.trim());
  }
  return archives;
}
