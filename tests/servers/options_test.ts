import { assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { FEW, filesOnServers } from "./files.ts";
import { OptionsError, parseOptions } from "./options.ts";
import { VERSIONS } from "./programs.ts";

const MAIN = new URL("./main.ts", import.meta.url).href;

Deno.test("without versions all are meant, without files those whose subject is SQL", () => {
  const { versions, files, programs, installOnly } = parseOptions([]);
  assertEquals([versions, files, programs, installOnly], [VERSIONS, [], null, false]);
});

Deno.test("versions are sorted, and files and folders may be named", () => {
  const { versions, files, programs } = parseOptions(
    ["18", "tests/store", "16", "--programs", "/p", "18"],
  );
  assertEquals([versions, files, programs], [["16", "18"], ["tests/store"], "/p"]);
});

Deno.test("a wrong argument is named, with what is accepted", () => {
  const known =
    "the arguments are 15, 16, 17, 18, files and folders in tests/, --programs FOLDER, --install, --help.";
  for (
    const [args, message] of [
      [["14"], `Unknown argument "14"; ${known}`],
      [["src/"], `Unknown argument "src/"; ${known}`],
      [["--programs"], "--programs needs a folder."],
      [["--install"], "--install needs --programs, the folder to install into."],
    ] as const
  ) assertEquals(assertThrows(() => parseOptions(args), OptionsError).message, message);
});

Deno.test("tests of SQL are found by what they import, and the few are some of them", async () => {
  const files = await filesOnServers();
  assertEquals(FEW.filter((file) => !files.includes(file)), []);
  const known = [
    "tests/admin/plots_test.ts",
    "tests/e2e/dashboard_now_test.ts", // its subject is another one
    "tests/store/database_url_test.ts", // opens none
    "tests/store/pooler_test.ts", // starts its own
  ];
  assertEquals(known.filter((file) => files.includes(file)), [known[0], known[3]]);
});

Deno.test("a version that cannot be installed is a sentence and an exit code", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-servers-test-" });
  try {
    // Without npm, and where no version is installed by Debian.
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", MAIN, "17", "--install", "--programs", folder],
      env: { PATH: folder },
    }).output();
    const text = new TextDecoder().decode(stderr);
    if (await Deno.stat("/usr/lib/postgresql/17").then(() => true, () => false)) return;
    assertEquals(code, 1, text);
    assertStringIncludes(text, "PostgreSQL 17 is not installed and cannot be: npm, which would ");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
