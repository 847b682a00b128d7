/** What holds for every npm package of this repository. */

import { type NpmPackage, readRelease } from "../../src/build/npm_package.ts";
import { PACKAGES } from "../../src/build/packages.ts";
import { assertEquals, assertLessOrEqual } from "../support/assert.ts";
import { assertStatedSize } from "../support/stated_size.ts";

const release = await readRelease();
const built = new Map<string, NpmPackage>();
for (const [folder, build] of Object.entries(PACKAGES)) built.set(folder, await build(release));

for (const [folder, { name, files, sizes }] of built) {
  const readme = files.get("README.md") ?? "";
  const manifest = JSON.parse(files.get("package.json") ?? "");

  Deno.test(`${name} has the name of its folder, and version and licence of the repository`, () => {
    assertEquals(name, `@sluice/${folder}`);
    assertEquals([manifest.name, manifest.version, manifest.license], [
      name,
      release.version,
      release.license,
    ]);
  });

  Deno.test(`${name}: sizes are within their limits, and the README states them`, () => {
    for (const { part, bytes, limit } of sizes) {
      assertLessOrEqual(bytes, limit, `${part} is larger than its limit`);
      assertStatedSize(readme, { part, bytes });
    }
  });

  Deno.test(`${name}: links in the README are absolute, within it, or to files of the package`, () => {
    const targets = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target);
    const dangling = targets.filter((target) => {
      return !/^(#|https:)/.test(target) && !files.has(target.replace(/#.*/, ""));
    });
    assertEquals(dangling, []);
  });
}

Deno.test("the changelog states the size of the browser SDK", async () => {
  const file = new URL("../../.github/CHANGELOG.md", import.meta.url);
  const stated = Number(
    /^- ([\d.]+) KB, no dependencies/m.exec(await Deno.readTextFile(file))?.[1],
  );
  const core = built.get("client")?.sizes.find(({ part }) => part === "`createAnalytics`")?.bytes ??
    0;
  assertLessOrEqual(Math.abs(stated - core / 1000), 0.1, `it says ${stated} KB`);
});
