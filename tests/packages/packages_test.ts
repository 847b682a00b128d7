/** What holds for every npm package of this repository. */

import { type NpmPackage, readRelease } from "../../src/build/npm_package.ts";
import { PACKAGES } from "../../src/build/packages.ts";
import { builtPackage } from "../support/built_package.ts";
import { assertEquals, assertGreater, assertLessOrEqual } from "../support/assert.ts";
import { countMappedLiterals } from "../support/source_map.ts";
import { assertStatedSize } from "../support/stated_size.ts";

/** Whether a module is there only so that imports of types resolve. */
function isEmptyModule(code: string): boolean {
  return code === "export {};\n" || code === '"use strict";\n';
}

const release = await readRelease();
const built = new Map<string, NpmPackage>();
for (const folder of Object.keys(PACKAGES)) built.set(folder, await builtPackage(folder));

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

  Deno.test(`${name}: every bundle has a source map with its sources, which leads to them`, () => {
    for (const file of [...files.keys()].filter((file) => file.endsWith(".js"))) {
      const code = files.get(file) ?? "";
      if (isEmptyModule(code)) continue;
      const mapFile = `${file}.map`;
      assertEquals(code.split("\n").at(-2), `//# sourceMappingURL=${mapFile.split("/").at(-1)}`);
      const map = files.get(mapFile) ?? "";
      const { sources, sourcesContent } = JSON.parse(map);
      assertEquals(sources.filter((source: string) => !source.startsWith("src/")), [], mapFile);
      assertEquals(sources.length, sourcesContent.length, mapFile);
      const { right, all } = countMappedLiterals(code, map);
      // All but a few that were joined from parts of templates.
      assertGreater(right, 0.95 * all, `${mapFile}: ${right} of ${all} literals`);
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
