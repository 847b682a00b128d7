/** Tells whether the browser assets have to be bundled again. */

import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

/** What the assets are made of, and the files that were made of it. */
export interface Build {
  /** Files and folders. */
  readonly inputs: readonly URL[];
  /** Whether documents count. @default false */
  readonly withDocuments?: boolean;
  readonly outputs: readonly URL[];
  /** The file that remembers the last build. */
  readonly record: URL;
}

/** Whether inputs, outputs and Deno are those of the last build that was recorded. */
export async function isBuilt(build: Build): Promise<boolean> {
  const recorded = await Deno.readTextFile(build.record).catch(() => null);
  return recorded !== null && recorded === await hashBuild(build);
}

/** Remembers that the outputs were built from the inputs. */
export async function recordBuild(build: Build): Promise<void> {
  const hash = await hashBuild(build);
  if (hash !== null) await Deno.writeTextFile(build.record, hash);
}

/** Returns a hash of all that decides what the outputs are, and of them; `null` if a file is missing. */
async function hashBuild(
  { inputs, outputs, withDocuments = false }: Build,
): Promise<string | null> {
  const hash = createHash("sha256").update(Deno.version.deno);
  try {
    for (const url of [...inputs, ...outputs]) {
      const root = fileURLToPath(url);
      for (const path of listFiles(root)) {
        if (path.endsWith(".md") && !withDocuments) continue;
        hash.update(`\n${path.slice(root.length)}\n`).update(await Deno.readFile(path));
      }
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  return hash.digest("hex");
}

/** Lists the files of a folder, or a file alone. */
function listFiles(path: string): string[] {
  if (Deno.statSync(path).isFile) return [path];
  const names = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  return names.flatMap((name) => listFiles(`${path.replace(/\/$/, "")}/${name}`));
}
