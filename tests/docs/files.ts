/** The repository's files, for tests of what its documents say. */

/** The top level of the repository. */
export const ROOT = new URL("../../", import.meta.url);

const SKIPPED: ReadonlySet<string> = new Set([
  ".git",
  ".data",
  ".coverage",
  "dist",
  "node_modules",
]);

/** Paths of all files under a folder (`""` for all), relative to `ROOT`, whose names end as asked. */
export async function listFiles(folder: string, extensions: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}${name}`;
    if (isDirectory) {
      if (!SKIPPED.has(name)) files.push(...await listFiles(`${path}/`, extensions));
    } else if (extensions.some((extension) => name.endsWith(extension))) files.push(path);
  }
  return files.sort();
}

/** The text of a file, by its path relative to `ROOT`. */
export async function readFile(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}
