/** The files of a package that a module becomes. */

import { type BundleOptions, bundleWithMap } from "./bundle.ts";

/** Texts by file name. */
export type Files = readonly (readonly [name: string, text: string])[];

/** Bundles a module into a file of a package, with its source map beside it. */
export async function bundleInto(file: string, options: BundleOptions): Promise<Files> {
  const { code, map } = await bundleWithMap(options);
  const mapFile = `${file}.map`;
  const comment = `//# sourceMappingURL=${mapFile.split("/").at(-1)}\n`;
  // As long as before, or the map would be wrong: the parts of a package are named like their sources.
  const text = code.replaceAll(/"(\.\/\w+)\.ts"/g, '"$1.js"');
  return [[file, text + comment], [mapFile, map ?? ""]];
}
