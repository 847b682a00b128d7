/** A project of `tests/packages/projects`, installed in a folder where nothing else is. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Stage } from "./stage.ts";
import { type Output, type RunningProgram, runProgram, startProgram } from "./programs.ts";

const PROJECTS = fileURLToPath(new URL("../projects/", import.meta.url));
const INSTALL_SECONDS = 300;

/** An installed project. */
export interface Project {
  readonly folder: string;
  /** Runs a program in it: one of its packages' (`tsc`), or of the `PATH`. */
  run(
    command: readonly [string, ...string[]],
    env?: Readonly<Record<string, string>>,
  ): Promise<Output>;
  /** Starts a program in it that goes on. */
  start(
    command: readonly [string, ...string[]],
    env?: Readonly<Record<string, string>>,
  ): RunningProgram;
  /** Writes a file. */
  write(path: string, text: string): Promise<void>;
}

/** Copies folders of `tests/packages/projects` over one another. @returns the copy's folder */
export async function copyProject(
  { folder: parent }: Pick<Stage, "folder">,
  ...names: readonly [string, ...string[]]
): Promise<string> {
  const folder = join(parent, names.at(-1) ?? "");
  await Deno.mkdir(folder);
  for (const name of names) {
    await runProgram(["cp", "-R", `${join(PROJECTS, name)}/.`, folder], { cwd: parent });
  }
  return folder;
}

/**
 * Copies folders of `tests/packages/projects` over one another and installs what their `package.json`
 * names: other packages from the registry, ours (`"@sluice/client": "packed"`) from their archives.
 */
export async function installProject(
  { tarballs, folder: parent, say }: Pick<Stage, "tarballs" | "folder" | "say">,
  ...names: readonly [string, ...string[]]
): Promise<Project> {
  const folder = await copyProject({ folder: parent }, ...names);
  const manifest = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
  for (const dependencies of [manifest.dependencies ?? {}, manifest.devDependencies ?? {}]) {
    for (const [name, version] of Object.entries(dependencies)) {
      if (version !== "packed") continue;
      const archive = tarballs[name];
      if (archive === undefined) throw new Error(`${names}: no package ${name} is built`);
      dependencies[name] = `file:${archive}`;
    }
  }
  await Deno.writeTextFile(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  say(`npm install in ${names.at(-1)}`);
  const install = ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund"] as const;
  const { err } = await runProgram(install, { cwd: folder, seconds: INSTALL_SECONDS });
  const complaints = err.split("\n").filter((line) => line.includes("@sluice/"));
  if (complaints.length > 0) throw new Error(`npm complains:\n${complaints.join("\n")}`);
  const withPrograms = (env: Readonly<Record<string, string>> = {}) => ({
    PATH: `${folder}/node_modules/.bin:${Deno.env.get("PATH") ?? ""}`,
    ...env,
  });
  return {
    folder,
    run: (command, env) => runProgram(command, { cwd: folder, env: withPrograms(env) }),
    start: (command, env) => startProgram(command, { cwd: folder, env: withPrograms(env) }),
    write: (path, text) => Deno.writeTextFile(join(folder, path), text),
  };
}
