/** Checks source maps against the code that they describe. */

import { SourceMap } from "node:module";

interface SourceMapJson {
  readonly version: number;
  readonly sources: string[];
  readonly sourcesContent: string[];
  readonly mappings: string;
  readonly names: string[];
}

/** How many string literals of a bundle a map finds in the sources, at the very same text. */
export function countMappedLiterals(
  code: string,
  mapText: string,
): { readonly right: number; readonly all: number } {
  const json: SourceMapJson = JSON.parse(mapText);
  const map = new SourceMap({ file: "", sourceRoot: "", ...json });
  let [right, all] = [0, 0];
  for (const [line, text] of code.split("\n").entries()) {
    for (const { 0: literal, index } of text.matchAll(/"[a-z_]{6,}"/g)) {
      const entry = map.findEntry(line, index);
      if (!("originalSource" in entry)) continue; // the bundler's own code
      const source = json.sourcesContent[json.sources.indexOf(entry.originalSource)] ?? "";
      const original = source.split("\n")[entry.originalLine]?.slice(entry.originalColumn);
      all += 1;
      if (original?.startsWith(literal)) right += 1;
    }
  }
  return { right, all };
}
