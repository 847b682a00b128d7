/** That nothing of the machine on which a package was built is in it, and no test. */

/** A module of types alone. */
const WITHOUT_CODE = /^\s*(export \{\};|"use strict";)?\s*$/;

/** Returns a sentence for each text and each source map that names what is not the package's. */
export function checkPrivacy(
  files: ReadonlyMap<string, string>,
  machinePaths: readonly string[],
): string[] {
  const faults: string[] = [];
  for (const [file, text] of files) {
    for (const path of machinePaths) {
      if (text.includes(path)) faults.push(`${file} contains ${path}, a path of this machine`);
    }
    if (/(^|\/)tests?\/|[._]test\.[cm]?[jt]sx?$/.test(file)) faults.push(`${file} is a test`);
    if (file.endsWith(".map")) faults.push(...checkSourceMap(file, text));
    else if (/\.[cm]?js$/.test(file) && !files.has(`${file}.map`) && !WITHOUT_CODE.test(text)) {
      faults.push(`${file} has no source map, so what is bundled in it is not known`);
    }
  }
  return faults;
}

function checkSourceMap(file: string, text: string): string[] {
  const { sources = [], sourcesContent = [] }: {
    readonly sources?: readonly string[];
    readonly sourcesContent?: readonly (string | null)[];
  } = JSON.parse(text);
  const foreign = sources.filter((source) => !/^(src|npm)\//.test(source));
  const without = sources.filter((_, index) => typeof sourcesContent[index] !== "string");
  return [
    ...foreign.map((source) => `${file} names ${source}, which is neither in src/ nor of npm`),
    ...without.map((source) => `${file} has no content of ${source}`),
  ];
}
