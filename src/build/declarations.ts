/** Generates type declarations. */

import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** A module that a declaration imports, in quotes. */
const IMPORT = /"(\.{1,2}\/[^"]+\.tsx?)"/g;

/**
 * Generates the declarations of modules and of what these need, named by their path in the package: `types/client/mod.d.ts` for `src/client/mod.ts`.
 */
export async function generateDeclarations(
  entries: readonly URL[],
): Promise<readonly (readonly [name: string, text: string])[]> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-types-" });
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "transpile",
        "--declaration",
        "--outdir",
        folder,
        ...entries.map((entry) => fileURLToPath(entry)),
      ],
      cwd: ROOT,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const open = entries.map((entry) => declarationOf(relative(ROOT, fileURLToPath(entry))));
    const found = new Map<string, string>();
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (found.has(file)) continue;
      const text = await Deno.readTextFile(join(folder, file));
      found.set(file, text);
      for (const [, target = ""] of text.matchAll(IMPORT)) {
        open.push(declarationOf(join(dirname(file), target)));
      }
    }
    return [...found].map(([file, text]) => [
      file.replace(/^src/, "types"),
      forOldCompilers(text).replaceAll(IMPORT, (path) => path.replace(/\.tsx?"$/, '.js"')),
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** TypeScript before 5 knows no `export type *`, which in a declaration is the same as `export *`. */
function forOldCompilers(text: string): string {
  return text.replace(/^\/\/\/ <amd-module.*\n/m, "").replaceAll(/^export type \*/gm, "export *");
}

function declarationOf(file: string): string {
  return file.replace(/\.tsx?$/, ".d.ts");
}
