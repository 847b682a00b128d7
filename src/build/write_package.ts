/** Writes a built package to disk. */

/** Replaces a folder by these files: texts by name. */
export async function writePackage(
  folder: URL,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  for (const [name, text] of files) {
    const file = new URL(name, folder);
    await Deno.mkdir(new URL(".", file), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
}
