/** All checks of a packed package. */

import type { Release } from "../npm_package.ts";
import { refuseLicense } from "../third_party.ts";
import type { Archive } from "./archive.ts";
import { checkContents } from "./contents.ts";
import { checkImports } from "./imports.ts";
import { checkManifest } from "./manifest.ts";
import { checkPrivacy } from "./privacy.ts";

const MAX_ARCHIVE_BYTES = 400_000;

/** Returns a sentence for each fault of an archive; none if it can be published. */
export function checkArchive(
  { name, files, sizes, bytes, thirdParty }: Archive,
  release: Release,
  machinePaths: readonly string[],
): string[] {
  const limits = [{ part: "the archive", bytes, limit: MAX_ARCHIVE_BYTES }, ...sizes];
  const faults = [
    ...checkContents(files, thirdParty.length > 0),
    ...checkImports(files),
    ...checkPrivacy(files, machinePaths),
    ...checkManifest(name, files.get("package.json") ?? "{}", release),
    ...limits
      .filter(({ bytes, limit }) => bytes > limit)
      .map(({ part, bytes, limit }) => `${part} has ${bytes} bytes, and ${limit} is the limit`),
    ...thirdParty.map(refuseLicense).filter((fault) => fault !== null),
  ];
  return faults.map((fault) => `${name}: ${fault}.`);
}
