/** `deno task release`: builds, checks and packs the npm packages. It publishes nothing. */

import { homedir } from "node:os";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readRelease, type Release } from "../build/npm_package.ts";
import { PACKAGES } from "../build/packages.ts";
import { type Archive, checkPrograms, packArchive } from "../build/release/archive.ts";
import { checkChangelog } from "../build/release/changelog.ts";
import { checkArchive } from "../build/release/check.ts";
import { checkOptions } from "../build/release/options.ts";
import { writePackage } from "../build/write_package.ts";
import { printError, printLine } from "./terminal.ts";

const USAGE = `Usage: deno task release [--dry-run] [--version VERSION] [--repository URL]

Builds all npm packages with one version, checks what is in them, and packs them into dist/release/.
Nothing is published: without --dry-run the checks are those of a release, and the commands that
publish are printed.

  --dry-run           the changelog's entry may be under "Unreleased", and --repository be missing
  --version VERSION   the version of all packages (default: that of deno.json)
  --repository URL    the public repository: https://HOST/OWNER/NAME`;

const ROOT = new URL("../../", import.meta.url);
const DESTINATION = new URL("dist/release/", ROOT);

function argumentsOrExit() {
  try {
    return parseArgs({
      args: Deno.args,
      options: {
        "dry-run": { type: "boolean", default: false },
        version: { type: "string" },
        repository: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    printError(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    Deno.exit(1);
  }
}

/** Paths that say on which machine, and by whom, a package was built. */
function machinePaths(): string[] {
  return [fileURLToPath(ROOT), `${homedir()}/`].filter((path) => path !== "/" && path !== "//");
}

async function packAll(release: Release): Promise<Archive[]> {
  await Deno.remove(DESTINATION, { recursive: true }).catch(() => {});
  await Deno.mkdir(DESTINATION, { recursive: true });
  const archives: Archive[] = [];
  for (const [name, build] of Object.entries(PACKAGES)) {
    const built = await build(release);
    const folder = new URL(`dist/packages/${name}/`, ROOT);
    await writePackage(folder, built.files);
    archives.push(await packArchive(built, fileURLToPath(folder), fileURLToPath(DESTINATION)));
  }
  return archives;
}

function printArchive({ name, file, bytes, integrity, files, sizes, thirdParty }: Archive): void {
  const bundled = thirdParty.map(({ name, version, license }) => `${name} ${version} (${license})`);
  printLine(`${name}
  ${relative(fileURLToPath(ROOT), file)}: ${bytes} bytes, ${files.size} files
  ${integrity}
  code of others: ${bundled.join(", ") || "none is bundled"}`);
  for (const { part, bytes, limit } of sizes) {
    printLine(`  ${part}: ${bytes} of ${limit} bytes (gzip)`);
  }
}

const { "dry-run": isDryRun, help, ...given } = argumentsOrExit();
if (help) {
  printLine(USAGE);
  Deno.exit(0);
}
const release: Release = { ...await readRelease(), ...given };
const changelog = await Deno.readTextFile(new URL(".github/CHANGELOG.md", ROOT));
const early = checkOptions(release, isDryRun);
const unlisted = early.length === 0 ? checkChangelog(changelog, release.version, isDryRun) : null;
if (unlisted !== null) early.push(`${unlisted}.`);
early.push(...await checkPrograms());
if (early.length > 0) {
  early.forEach(printError);
  Deno.exit(1);
}
const archives = await packAll(release);
archives.forEach(printArchive);
const faults = archives.flatMap((archive) => checkArchive(archive, release, machinePaths()));
if (faults.length > 0) {
  faults.forEach(printError);
  await Deno.remove(DESTINATION, { recursive: true });
  Deno.exit(1);
}
if (isDryRun) {
  if (release.repository === undefined) printLine("A release needs --repository as well.");
  printLine(`${archives.length} packages could be published as ${release.version}; none was.`);
} else {
  printLine(
    "Nothing was published. In the CI of the repository, which can attest provenance, run:",
  );
  // npm asks for a tag of versions that nobody should get by default.
  const tag = release.version.includes("-") ? " --tag next" : "";
  for (const { file } of archives) {
    printLine(`  npm publish ./${relative(fileURLToPath(ROOT), file)} --provenance${tag}`);
  }
}
