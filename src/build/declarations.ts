/** Generates the SDK's type declarations. */

import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);

/**
 * Generates the declarations of modules and of everything they import, named by their path in the
 * package: `types/client/mod.d.ts` for `src/client/mod.ts`.
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
      cwd: fileURLToPath(ROOT),
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return await Array.fromAsync(declarationsIn(`${folder}/src`), async (file) => {
      const text = await Deno.readTextFile(file);
      return [
        relative(folder, file).replace(/^src/, "types"),
        text.replace(/^\/\/\/ <amd-module.*\n/m, "").replace(
          /"(\.{1,2}\/[^"]+)\.tsx?"/g,
          '"$1.js"',
        ),
      ] as const;
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function* declarationsIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* declarationsIn(`${folder}/${name}`);
    else if (name.endsWith(".d.ts")) yield `${folder}/${name}`;
  }
}
