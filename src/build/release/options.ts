/** What `deno task release` takes. */

import type { Release } from "../npm_package.ts";

/** Semantic Versioning 2.0.0 without build metadata, which npm drops: `1.0.0+1` would replace `1.0.0`. */
const SEMVER =
  /^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-(?!0\d+(\.|$))[0-9A-Za-z-]+(\.(?!0\d+(\.|$))[0-9A-Za-z-]+)*)?$/;

/** Returns a sentence for each option that is wrong or missing. */
export function checkOptions({ version, repository }: Release, isDryRun: boolean): string[] {
  const faults: string[] = [];
  if (!SEMVER.test(version)) {
    faults.push(`--version must be a version like 1.2.3 or 1.2.3-beta.1, got "${version}".`);
  }
  if (repository === undefined && !isDryRun) {
    faults.push(
      "--repository is missing: the URL of the public repository, https://HOST/OWNER/NAME. " +
        "npm compares it with the provenance.",
    );
  }
  if (repository !== undefined && !isRepository(repository)) {
    const shown = repository.replace(/\/\/[^/]*@/, "//…@"); // no password
    faults.push(
      `--repository must be the repository's own URL, https://HOST/OWNER/NAME, got "${shown}".`,
    );
  }
  return faults;
}

function isRepository(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "https:" || url.href !== text) return false;
  if (/(^|\.)example\.(com|org|net)$/.test(url.hostname)) return false;
  return /^(\/[\w.-]+){2,}$/.test(url.pathname) && !url.pathname.endsWith(".git") &&
    url.username === "" && url.search === "" && url.hash === "";
}
