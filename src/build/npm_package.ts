/** What all npm packages of this repository have in common. */

import { gzipSync } from "node:zlib";

import { noticesOf, readThirdParty, type ThirdParty } from "./third_party.ts";

const ROOT = new URL("../../", import.meta.url);
/** npm packs these whatever `files` says. */
const ALWAYS_PACKED = ["package.json", "README.md", "LICENSE"];

/** A built package. */
export interface NpmPackage {
  readonly name: string;
  /** Texts by file name: all that the package has. */
  readonly files: ReadonlyMap<string, string>;
  readonly sizes: readonly Size[];
  /** Packages of others whose code is in its bundles. */
  readonly thirdParty: readonly ThirdParty[];
}

/** What a part of a package costs a site or a server. */
export interface Size {
  /** The part, as the README's table of sizes names it. */
  readonly part: string;
  /** Bytes after gzip. */
  readonly bytes: number;
  readonly limit: number;
}

/** What the packages of one release have in common. */
export interface Release {
  readonly version: string;
  readonly license: string;
  /** The URL of the repository, for `https://`. Not in `deno.json`, as it has none yet. */
  readonly repository?: string;
}

/** What is a package's own. */
export interface PackageParts {
  /** Its fields of `package.json`. */
  readonly manifest: {
    readonly name: string;
    readonly description: string;
    readonly [field: string]: unknown;
  };
  readonly readme: URL;
  readonly files: ReadonlyMap<string, string>;
  readonly sizes: readonly Size[];
}

/** Returns the release that `deno.json` says. */
export async function readRelease(): Promise<Release> {
  const { version, license } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  return { version, license };
}

/** Adds `package.json`, README and licence to the files of a package. */
export async function createPackage(parts: PackageParts, release: Release): Promise<NpmPackage> {
  const { manifest: { name, description, ...own }, files, sizes } = parts;
  const thirdParty = await readThirdParty(files);
  const notices = thirdParty.length === 0
    ? []
    : [["THIRD_PARTY_LICENSES", noticesOf(thirdParty)] as const];
  const folders = new Set(
    [...files.keys(), ...notices.map(([file]) => file)].map((file) => file.split("/")[0] ?? file),
  );
  const manifest = {
    name,
    version: release.version,
    description,
    license: release.license,
    ...(release.repository === undefined
      ? {}
      : { repository: { type: "git", url: `git+${release.repository}.git` } }),
    type: "module",
    sideEffects: false,
    engines: { node: ">=20" },
    // Provenance can only be attested where the archive is built: by the CI that publishes it.
    publishConfig: { access: "public", provenance: true },
    ...own,
    files: [...folders].filter((file) => !ALWAYS_PACKED.includes(file)).toSorted(),
  };
  const all = new Map([
    ...files,
    ...notices,
    ["package.json", `${JSON.stringify(manifest, null, 2)}\n`],
    ["README.md", await Deno.readTextFile(parts.readme)],
    ["LICENSE", await Deno.readTextFile(new URL("LICENSE", ROOT))],
  ]);
  return { name, files: all, sizes, thirdParty };
}

/** Returns the size of a file as the service and the usual hosts send it; sites leave out source maps. */
export function gzipSize(text: string): number {
  return gzipSync(text.replace(/^\/\/# sourceMappingURL=.*\n/m, ""), { level: 9 }).length;
}
