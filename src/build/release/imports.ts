/** That a package imports nothing but what its manifest asks for. */

const IMPORT = /(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*"([^".\s][^"\s]*)"/g;

/** Returns a sentence for each package that is imported and not a dependency, nor a peer. */
export function checkImports(files: ReadonlyMap<string, string>): string[] {
  const { name, dependencies, peerDependencies } = JSON.parse(files.get("package.json") ?? "{}");
  const known = [name, ...Object.keys({ ...dependencies, ...peerDependencies })];
  const faults = new Set<string>();
  for (const [file, text] of files) {
    if (!/\.[cm]?[jt]s$/.test(file)) continue;
    for (const [, target = ""] of text.replaceAll(/\/\*.*?\*\//gs, "").matchAll(IMPORT)) {
      if (target.startsWith("node:") || known.includes(packageOf(target))) continue;
      faults.add(`${file} imports ${target}, and package.json does not name it as a dependency`);
    }
  }
  return [...faults];
}

function packageOf(specifier: string): string {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}
