/** Sizes that a README states. */

import { assert, assertLessOrEqual } from "./assert.ts";

/** Checks that a table of a README has a row of this part, whose size is right within 0.1 KB. */
export function assertStatedSize(
  readme: string,
  { part, bytes }: { readonly part: string; readonly bytes: number },
): void {
  const line = readme.split("\n").find((line) => line.startsWith(`| ${part} `));
  assert(line, `README.md has no size of ${part}`);
  const stated = Number(/([\d.]+) KB/.exec(line)?.[1]);
  assertLessOrEqual(
    Math.abs(stated - bytes / 1000),
    0.1,
    `${part}: README.md says ${stated} KB, the build has ${(bytes / 1000).toFixed(2)} KB`,
  );
}
