/** A project in which a built package is installed by npm, as its users do. */

import { join } from "node:path";

/** A built package: texts by file name. */
export interface BuiltPackage {
  readonly name: string;
  readonly files: ReadonlyMap<string, string>;
}

/** Runs a program and returns its output; throws with all of it on failure. */
export async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  const [output = "", errors = ""] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  if (!success) throw new Error(`${program} ${args.join(" ")}:\n${output}\n${errors}`);
  return output;
}

/** Packs a package as npm would publish it, and installs it and `dependencies` in a new project. */
export async function openNpmProject(
  { name, files }: BuiltPackage,
  projectFiles: Readonly<Record<string, string>>,
  dependencies: Readonly<Record<string, string>>,
) {
  const folder = await Deno.makeTempDir({ prefix: "sluice-package-" });
  const source = join(folder, "package");
  const project = join(folder, "project");
  await writeAll(source, files);
  const tarball = (await run(source, "npm", "pack", "--silent", "--pack-destination", folder))
    .trim();
  const manifest = {
    private: true,
    type: "module",
    dependencies: { [name]: `file:${join(folder, tarball)}`, ...dependencies },
  };
  const all = { "package.json": JSON.stringify(manifest), ...projectFiles };
  await writeAll(project, new Map(Object.entries(all)));
  await run(project, "npm", "install", "--silent", "--no-audit", "--no-fund");
  return {
    project,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function writeAll(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, text] of files) {
    const file = join(folder, name);
    await Deno.mkdir(join(file, ".."), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
}
