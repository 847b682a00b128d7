/** What an archive may contain: what its manifest leads to, and nothing else. */

import { dirname, join } from "node:path/posix";

/** Files that need no reason, and have to be there. */
const ALWAYS = ["package.json", "README.md", "LICENSE"];
/** Fields of the manifest that name files. */
const ENTRY_FIELDS = ["exports", "main", "module", "react-native", "types", "typesVersions"];
const IMPORT = /(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*"(\.{1,2}\/[^"]+)"/g;

/** Returns a sentence for each file that is missing or that nothing leads to. */
export function checkContents(
  files: ReadonlyMap<string, string>,
  hasThirdParty: boolean,
): string[] {
  const faults: string[] = [];
  const reached = new Set<string>();
  const open = [...ALWAYS, ...(hasThirdParty ? ["THIRD_PARTY_LICENSES"] : [])].map((file) => ({
    file,
    from: "every package has it",
  }));
  const manifests = manifestsOf(files);
  for (const file of manifests) {
    const manifest = JSON.parse(files.get(file) ?? "{}");
    for (const field of ENTRY_FIELDS) {
      for (const target of targetsIn(manifest[field])) {
        open.push({ file: join(dirname(file), target), from: `${file} names it in ${field}` });
      }
    }
  }
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { file, from } = next;
    if (reached.has(file)) continue;
    reached.add(file);
    const text = files.get(file);
    if (text === undefined) faults.push(`${file} is missing: ${from}`);
    else {open.push(
        ...neededBy(file, text).map((needed) => ({ file: needed, from: `${file} needs it` })),
      );}
  }
  for (const file of files.keys()) {
    const isScope = file.endsWith("/package.json") &&
      [...reached].some((other) => other.startsWith(`${dirname(file)}/`));
    if (!reached.has(file) && !isScope && !manifests.includes(file)) {
      faults.push(`${file} is packed, but nothing leads to it`);
    }
  }
  return faults;
}

/** The manifest, and those of its parts for resolution without `exports`. */
function manifestsOf(files: ReadonlyMap<string, string>): string[] {
  const { exports = {} } = JSON.parse(files.get("package.json") ?? "{}");
  const parts = Object.keys(exports).map((part) => join(part, "package.json"));
  return [...new Set(["package.json", ...parts])].filter((file) => files.has(file));
}

/** All paths in a value of the manifest. */
function targetsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(targetsIn);
}

/** The files that a file imports, and its source map. */
function neededBy(file: string, text: string): string[] {
  if (!/\.(js|mjs|cjs|ts|mts|cts)$/.test(file)) return [];
  const isDeclaration = /\.d\.[mc]?ts$/.test(file);
  const imports = [...text.matchAll(IMPORT)].map(([, target = ""]) => {
    const path = join(dirname(file), target);
    return isDeclaration ? path.replace(/\.([mc]?)js$/, ".d.$1ts") : path;
  });
  const [, map] = /^\/\/# sourceMappingURL=(.+)$/m.exec(text) ?? [];
  return map === undefined ? imports : [...imports, join(dirname(file), map)];
}
