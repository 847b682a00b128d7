/** Fields without which a package must not be published. */

import type { Release } from "../npm_package.ts";

/** Fields by which a package runs code on its users' machines or changes where it is published. */
const REFUSED = [
  "scripts",
  "private",
  "bundleDependencies",
  "bundledDependencies",
  "devDependencies",
];

/** Returns a sentence for each field of `package.json` that is missing or wrong. */
export function checkManifest(
  name: string,
  text: string,
  { version, license, repository }: Release,
): string[] {
  const manifest = JSON.parse(text);
  const expected: Readonly<Record<string, unknown>> = {
    name,
    version,
    license,
    publishConfig: { access: "public", provenance: true },
    repository: repository && { type: "git", url: `git+${repository}.git` },
  };
  const faults: string[] = [];
  for (const [field, value] of Object.entries(expected)) {
    const [is, should] = [manifest[field], value].map((value) =>
      JSON.stringify(value) ?? "missing"
    );
    if (is !== should) faults.push(`${field} of package.json is ${is}, and should be ${should}`);
  }
  for (const field of ["description", "engines", "files"]) {
    if (!manifest[field]) faults.push(`package.json has no ${field}`);
  }
  for (const field of REFUSED) {
    if (field in manifest) faults.push(`package.json must not have ${field}`);
  }
  return faults;
}
