/** What `deno task release` refuses: each check with a package that is broken for it. */

import { createPackage, type NpmPackage, readRelease } from "../../src/build/npm_package.ts";
import { type Archive, packArchive } from "../../src/build/release/archive.ts";
import { checkChangelog } from "../../src/build/release/changelog.ts";
import { checkArchive } from "../../src/build/release/check.ts";
import { checkOptions } from "../../src/build/release/options.ts";
import { bundleInto } from "../../src/build/module_files.ts";
import { readThirdParty, refuseLicense } from "../../src/build/third_party.ts";
import { writePackage } from "../../src/build/write_package.ts";
import { pathToFileURL } from "node:url";
import { assertEquals, assertMatch } from "../support/assert.ts";

const REPOSITORY = "https://git.test/sluice/sluice";
const release = { ...await readRelease(), repository: REPOSITORY };
const MACHINE = ["/home/somebody/"];

/** A small package with a bundle that has code of a package of others, packed by npm. */
async function packExample(): Promise<{ readonly built: NpmPackage; readonly archive: Archive }> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-release-" });
  try {
    const entry = new URL("fixtures/uses_a_package.ts", import.meta.url);
    const code = await bundleInto("index.js", { entry, format: "esm" });
    const map = code.map(([name, text]) =>
      [name, text.replaceAll('"tests/build/', '"src/build/')] as const
    );
    const built = await createPackage({
      manifest: {
        name: "@sluice/example",
        description: "An example",
        exports: { ".": { types: "./index.d.ts", default: "./index.js" } },
      },
      readme: new URL("../../README.md", import.meta.url),
      files: new Map([
        ...map,
        ["index.d.ts", 'export * from "./types/more.js";\n'],
        ["types/more.d.ts", "export declare const element: object;\n"],
      ]),
      sizes: [{ part: "all of it", bytes: 10, limit: 10 }],
    }, release);
    const source = pathToFileURL(`${folder}/package/`);
    await writePackage(source, built.files);
    return { built, archive: await packArchive(built, `${folder}/package`, folder) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const { built, archive } = await packExample();
const check = (changed: Partial<Archive>) =>
  checkArchive({ ...archive, ...changed }, release, MACHINE);

/** The archive with some files changed; `null` removes one. */
function withFiles(changes: Readonly<Record<string, string | null>>): Archive {
  const files = new Map(archive.files);
  for (const [name, text] of Object.entries(changes)) {
    if (text === null) files.delete(name);
    else files.set(name, text);
  }
  return { ...archive, files };
}

function withManifest(changes: Readonly<Record<string, unknown>>): Archive {
  const manifest = { ...JSON.parse(archive.files.get("package.json") ?? ""), ...changes };
  return withFiles({ "package.json": JSON.stringify(manifest) });
}

function withSourceMap(change: (map: Record<string, unknown>) => Record<string, unknown>): Archive {
  const map = JSON.parse(archive.files.get("index.js.map") ?? "");
  return withFiles({ "index.js.map": JSON.stringify({ ...map, ...change(map) }) });
}

Deno.test("a package without a fault passes, and its archive has what was built", () => {
  assertEquals(check({}), []);
  assertEquals([...archive.files.keys()].toSorted(), [...built.files.keys()].toSorted());
  assertMatch(archive.integrity, /^sha512-[A-Za-z0-9+/]{86}==$/);
});

const index = archive.files.get("index.js") ?? "";

const BROKEN: Readonly<Record<string, readonly [Archive, string]>> = {
  "a file that an export names is missing": [
    withFiles({ "index.d.ts": null, "types/more.d.ts": null }),
    "index.d.ts is missing: package.json names it in exports",
  ],
  "a file that the manifest of a part names is missing": [
    withFiles({
      "package.json": JSON.stringify({
        ...JSON.parse(archive.files.get("package.json") ?? ""),
        exports: { ".": "./index.js", "./part": { types: "./index.d.ts" } },
      }),
      "part/package.json": '{ "main": "../cjs/part.js" }',
    }),
    "cjs/part.js is missing: part/package.json names it in main",
  ],
  "a file that another one imports is missing": [
    withFiles({ "types/more.d.ts": null }),
    "types/more.d.ts is missing: index.d.ts needs it",
  ],
  "the README is missing": [
    withFiles({ "README.md": null }),
    "README.md is missing: every package has it",
  ],
  "the licences of others are missing": [
    withFiles({ "THIRD_PARTY_LICENSES": null }),
    "THIRD_PARTY_LICENSES is missing: every package has it",
  ],
  "a file is packed by mistake": [
    withFiles({ ".env": "SECRET=1" }),
    ".env is packed, but nothing leads to it",
  ],
  "a manifest is packed by mistake": [
    withFiles({ "other/package.json": "{}" }),
    "other/package.json is packed, but nothing leads to it",
  ],
  "an unknown package is imported": [
    withFiles({
      "index.d.ts":
        'type Side = "from" | "to";\nexport * from "zod/v4";\nexport * from "./types/more.js";\n',
    }),
    "index.d.ts imports zod/v4, and package.json does not name it as a dependency",
  ],
  "a text names a path of the machine": [
    withFiles({ "index.js": `// /home/somebody/sluice\n${index}` }),
    "index.js contains /home/somebody/, a path of this machine",
  ],
  "a source map leads out of the repository": [
    withSourceMap(({ sources }) => ({
      sources: ["../../x.ts", ...(sources as string[]).slice(1)],
    })),
    "index.js.map names ../../x.ts, which is neither in src/ nor of npm",
  ],
  "a source map leads to tests": [
    withSourceMap(({ sources }) => ({
      sources: ["tests/x.ts", ...(sources as string[]).slice(1)],
    })),
    "index.js.map names tests/x.ts, which is neither in src/ nor of npm",
  ],
  "a source map has no content of a source": [
    withSourceMap(({ sources, sourcesContent }) => ({
      sources: ["src/x.ts", ...(sources as string[]).slice(1)],
      sourcesContent: [null, ...(sourcesContent as string[]).slice(1)],
    })),
    "index.js.map has no content of src/x.ts",
  ],
  "a bundle has no source map": [
    withFiles({
      "index.js": index.replace(/^\/\/# sourceMappingURL.*$/m, ""),
      "index.js.map": null,
    }),
    "index.js has no source map, so what is bundled in it is not known",
  ],
  "a part is too large": [
    { ...archive, sizes: [{ part: "all of it", bytes: 11, limit: 10 }] },
    "all of it has 11 bytes, and 10 is the limit",
  ],
  "the archive is too large": [
    { ...archive, bytes: 400_001 },
    "the archive has 400001 bytes, and 400000 is the limit",
  ],
  "the version is another one": [
    withManifest({ version: "9.0.0" }),
    `version of package.json is "9.0.0", and should be "${release.version}"`,
  ],
  "the licence is another one": [
    withManifest({ license: "UNLICENSED" }),
    'license of package.json is "UNLICENSED", and should be "MIT"',
  ],
  "the package would not be public": [
    withManifest({ publishConfig: { access: "restricted", provenance: true } }),
    'publishConfig of package.json is {"access":"restricted","provenance":true}, and should be {"access":"public","provenance":true}',
  ],
  "the repository is missing": [
    withManifest({ repository: undefined }),
    `repository of package.json is missing, and should be {"type":"git","url":"git+${REPOSITORY}.git"}`,
  ],
  "the description is missing": [
    withManifest({ description: "" }),
    "package.json has no description",
  ],
  "it runs code when it is installed": [
    withManifest({ scripts: { postinstall: "node x.js" } }),
    "package.json must not have scripts",
  ],
  "code under the AGPL is bundled": [
    { ...archive, thirdParty: [{ name: "x", version: "1.0.0", license: "AGPL-3.0", text: "…" }] },
    "x 1.0.0 is bundled, and its licence is AGPL-3.0: only MIT, MIT-0, ISC, 0BSD, BSD-2-Clause, BSD-3-Clause, Apache-2.0, BlueOak-1.0.0, CC0-1.0, Unlicense may be",
  ],
};

for (const [what, [broken, fault]] of Object.entries(BROKEN)) {
  Deno.test(`a release is refused, and for this reason alone, if ${what}`, () => {
    assertEquals(checkArchive(broken, release, MACHINE), [`@sluice/example: ${fault}.`]);
  });
}

Deno.test("a module without code needs no source map", () => {
  const changes = { "THIRD_PARTY_LICENSES": null, "index.js.map": null };
  for (const text of ["export {};\n", '"use strict";\n', ""]) {
    const { files } = withFiles({ ...changes, "index.js": text });
    assertEquals(check({ files, thirdParty: [] }), [], text);
  }
  const { files } = withFiles({ ...changes, "index.js": "export { x };\n" });
  assertEquals(check({ files, thirdParty: [] }), [
    "@sluice/example: index.js has no source map, so what is bundled in it is not known.",
  ]);
});

Deno.test("a test is no part of a package, even if something leads to it", () => {
  const exports = { ".": "./index.js", "./t": { types: "./x_test.d.ts", default: "./x_test.ts" } };
  const { files } = withManifest({ exports });
  const faults = check({ files: new Map([...files, ["x_test.ts", ""], ["x_test.d.ts", ""]]) });
  assertEquals(faults.filter((fault) => fault.endsWith("is a test.")), [
    "@sluice/example: x_test.ts is a test.",
  ]);
});

Deno.test("packages of others are found in bundles, and their licences packed", () => {
  assertEquals(archive.thirdParty.map(({ name, license }) => [name, license]), [["preact", "MIT"]]);
  assertMatch(
    archive.files.get("THIRD_PARTY_LICENSES") ?? "",
    /^preact \d+\.\d+\.\d+ \(MIT\)\n\nThe MIT License \(MIT\)\n\nCopyright \(c\) /m,
  );
});

Deno.test("only licences are accepted that are known to ask for their text alone", () => {
  const accepts = (license: string | null, text: string | null = "text") =>
    refuseLicense({ name: "x", version: "1.0.0", license, text }) === null;
  for (const license of ["MIT", "(MIT OR GPL-3.0-only)", "ISC AND BSD-2-Clause", "Apache-2.0"]) {
    assertEquals(accepts(license), true, license);
  }
  for (
    const license of ["GPL-3.0", "MIT AND GPL-2.0-only", "SEE LICENSE IN X", "UNLICENSED", "", null]
  ) {
    assertEquals(accepts(license), false, String(license));
  }
  assertEquals(accepts("MIT", null), false, "without a text");
});

Deno.test("a package whose manifest names no licence, or that is not in the cache, has none", async () => {
  const cache = await Deno.makeTempDir({ prefix: "sluice-cache-" });
  try {
    await Deno.mkdir(`${cache}/registry/@a/b/1.0.0`, { recursive: true });
    await Deno.writeTextFile(`${cache}/registry/@a/b/1.0.0/package.json`, "{}");
    await Deno.writeTextFile(`${cache}/registry/@a/b/1.0.0/LICENCE.txt`, "all rights reserved");
    const sources = [
      "src/mod.ts",
      "npm/@a/b@1.0.0/x.js",
      "npm/@a/b@1.0.0/y.js",
      "npm/c@2.0.0/z.js",
    ];
    const files = new Map([["index.js.map", JSON.stringify({ sources })]]);
    assertEquals(await readThirdParty(files, cache), [
      { name: "@a/b", version: "1.0.0", license: null, text: "all rights reserved" },
      { name: "c", version: "2.0.0", license: null, text: null },
    ]);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});

Deno.test("the changelog has an entry of the version, which only a dry run may have as unreleased", () => {
  const of = (heading: string) => `# Changelog\n\n## ${heading}\n\n- a line\n\n## 0.0.1\n\n- old\n`;
  const missing = '.github/CHANGELOG.md has no section "## 1.2.0"';
  assertEquals(checkChangelog(of("1.2.0"), "1.2.0", false), null);
  assertEquals(checkChangelog(of("[1.2.0] - 2026-12-01"), "1.2.0", false), null);
  assertEquals(checkChangelog(of("Unreleased: 1.2.0"), "1.2.0", false), missing);
  assertEquals(checkChangelog(of("1.2.0-beta.1"), "1.2.0", false), missing);
  assertEquals(checkChangelog(of("Unreleased: 1.2.0"), "1.2.0", true), null);
  assertEquals(checkChangelog(of("Unreleased"), "1.2.0", true), null);
  assertEquals(
    checkChangelog(of("Unreleased: 1.1.0"), "1.2.0", true),
    `${missing} or "## Unreleased"`,
  );
  assertEquals(
    checkChangelog("## 1.2.0\n\ntext\n\n## 1.1.0\n\n- old\n", "1.2.0", false),
    'the section "## 1.2.0" of .github/CHANGELOG.md has no line',
  );
});

Deno.test("a release has a version and a repository, which a dry run may leave out", () => {
  const license = "MIT";
  const first = (version: string, repository?: string, isDryRun = false) =>
    checkOptions({ license, version, ...(repository ? { repository } : {}) }, isDryRun)[0] ?? null;
  assertEquals(first("1.2.0", REPOSITORY), null);
  assertEquals(first("1.2.0-beta.1", undefined, true), null);
  assertMatch(first("1.2.0") ?? "", /^--repository is missing: /);
  assertEquals(first("1.0.0-0.x-y.10", undefined, true), null);
  const wrong = ["1.2", "v1.2.0", "latest", "", "01.2.0", "1.2.0-..", "1.2.0-beta.01", "1.2.0+7"];
  for (const version of wrong) {
    assertMatch(first(version, REPOSITORY) ?? "", /^--version must be a version like .*, got "/);
  }
  for (
    const repository of [
      "git@git.test:sluice/sluice",
      "http://git.test/sluice/sluice",
      "https://user:secret@git.test/sluice/sluice",
      "https://git.test/sluice",
      "https://git.test/sluice/sluice.git",
      "https://github.example.com/sluice/sluice",
    ]
  ) {
    assertMatch(
      first("1.2.0", repository, true) ?? "none",
      /^--repository must be the repository's own URL/,
    );
  }
});
