/** Packages of others whose code is in a bundle, and their licences. */

import { join } from "node:path";

/** A package that is bundled. */
export interface ThirdParty {
  readonly name: string;
  readonly version: string;
  /** The SPDX expression of its `package.json`. */
  readonly license: string | null;
  /** The text of its licence, with the names that have to be kept. */
  readonly text: string | null;
}

const LICENSE_FILE = /^(licen[cs]e|copying)(\.(md|txt))?$/i;

/** Licences that ask for no more than their text. */
const PERMITTED: readonly string[] = [
  ...["MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause"],
  ...["Apache-2.0", "BlueOak-1.0.0", "CC0-1.0", "Unlicense"],
];

/** Returns the packages whose code is in bundles, as their source maps say. */
export async function readThirdParty(
  files: ReadonlyMap<string, string>,
  cache?: string,
): Promise<ThirdParty[]> {
  const ids = new Set<string>();
  for (const [name, text] of files) {
    if (!name.endsWith(".js.map")) continue;
    const { sources }: { readonly sources: readonly string[] } = JSON.parse(text);
    for (const source of sources) {
      const [, id] = /^npm\/((?:@[^/]+\/)?[^/]+)\//.exec(source) ?? [];
      if (id !== undefined) ids.add(id);
    }
  }
  if (ids.size === 0) return [];
  const npmCache = cache ?? await findNpmCache();
  return await Promise.all([...ids].toSorted().map((id) => readPackage(npmCache, id)));
}

/** Returns why code under a licence cannot be in a package, or `null`. */
export function refuseLicense({ name, version, license, text }: ThirdParty): string | null {
  const id = `${name} ${version}`;
  if (license === null) return `${id} is bundled, and its package.json names no licence`;
  const choices = license.replace(/^\((.*)\)$/, "$1").split(" OR ");
  const isPermitted = choices.some((choice) =>
    choice.split(" AND ").every((part) => PERMITTED.includes(part))
  );
  if (!isPermitted) {
    return `${id} is bundled, and its licence is ${license}: only ${PERMITTED.join(", ")} may be`;
  }
  return text === null ? `${id} is bundled, and has no file with its licence, ${license}` : null;
}

/** Returns the text of `THIRD_PARTY_LICENSES`. */
export function noticesOf(packages: readonly ThirdParty[]): string {
  const notices = packages.map(({ name, version, license, text }) =>
    `${name} ${version} (${license ?? "no licence"})\n\n${text?.trim() ?? ""}\n`
  );
  return `Code of these packages is in the files of this one.\n\n${notices.join("\n---\n\n")}`;
}

async function findNpmCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
}

async function readPackage(cache: string, id: string): Promise<ThirdParty> {
  const at = id.lastIndexOf("@");
  const [name, version] = [id.slice(0, at), id.slice(at + 1)];
  const unknown = { name, version, license: null, text: null };
  for await (const { name: registry } of Deno.readDir(cache)) {
    const folder = join(cache, registry, name, version);
    const manifest = await Deno.readTextFile(join(folder, "package.json")).catch(() => null);
    if (manifest === null) continue;
    const { license }: { readonly license?: unknown } = JSON.parse(manifest);
    const file = [...Deno.readDirSync(folder)].find((entry) => LICENSE_FILE.test(entry.name));
    return {
      ...unknown,
      license: typeof license === "string" ? license : null,
      text: file ? await Deno.readTextFile(join(folder, file.name)) : null,
    };
  }
  return unknown;
}
