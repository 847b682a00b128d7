import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { runTask } from "../support/command.ts";
import { PACKAGES } from "../../src/build/packages.ts";
import { readRelease } from "../../src/build/npm_package.ts";

const { version } = await readRelease();
const ROOT = new URL("../../", import.meta.url);

Deno.test("release --dry-run packs all packages, says what is in them, and publishes nothing", async () => {
  const { code, out, err } = await runTask("release", ["--dry-run"]);
  assertEquals([code, err], [0, ""]);
  for (const folder of Object.keys(PACKAGES)) {
    const file = `dist/release/sluice-${folder}-${version}.tgz`;
    const { size } = await Deno.stat(new URL(file, ROOT));
    assertStringIncludes(out, `@sluice/${folder}\n  ${file}: ${size} bytes, `);
  }
  assertEquals(
    out.match(/^ {2}sha512-[A-Za-z0-9+/]{86}==$/gm)?.length,
    Object.keys(PACKAGES).length,
  );
  assertMatch(out, /^A release needs --repository as well\.\n\d packages could be published /m);
});

Deno.test("release says what is missing before it builds anything, and no secret", async () => {
  const bare = await runTask("release", []);
  assertEquals([bare.code, bare.out], [1, ""]);
  assertMatch(bare.err, /^--repository is missing: /);
  const repository = "https://me:ghp_secret@git.test/sluice/sluice";
  const wrong = await runTask("release", ["--version", "1", "--repository", repository]);
  assertEquals([wrong.code, wrong.out], [1, ""]);
  assertMatch(
    wrong.err,
    /^--version must be [^\n]*, got "1"\.\n--repository must be [^\n]*, got "https:\/\/…@git\.test\/sluice\/sluice"\.\n$/,
  );
  const unlisted = await runTask("release", ["--dry-run", "--version", "99.0.0"]);
  assertEquals([unlisted.code, unlisted.out], [1, ""]);
  assertMatch(unlisted.err, /^\.github\/CHANGELOG\.md has no section "## 99\.0\.0" or /);
});

Deno.test("release says that npm is missing before it builds anything", async () => {
  const PATH = await Deno.makeTempDir({ prefix: "sluice-path-" });
  try {
    const { code, out, err } = await runTask("release", ["--dry-run"], { PATH });
    assertEquals([code, out], [1, ""]);
    assertMatch(err, /^npm is needed to pack, and could not be run: [^\n]*\.\ntar is needed /);
  } finally {
    await Deno.remove(PATH);
  }
});
