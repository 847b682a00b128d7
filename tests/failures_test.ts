/** What `.ci/run` says at its end about tests that failed. */

import { describeFailures } from "./failures.ts";
import { assertEquals, assertLess, assertStringIncludes } from "./support/assert.ts";
import { until } from "./support/until.ts";

const FAILING = `
Deno.test("1.1 passes", () => {});
Deno.test("1.2 is wrong => always", () => { throw new TypeError("the first reason"); });
Deno.test("1.3 has steps", async (t) => {
  await t.step("a step", () => { throw new Error("the second reason"); });
});
`;
const BROKEN = `Deno.test("2.1 never runs", () => {}); throw new Error("the third reason");`;
const HANGING = `
Deno.test("3.1 fails first", () => { throw new Error("unknown then"); });
Deno.test("3.2 hangs", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  Deno.writeTextFileSync(new URL("hangs", import.meta.url), "");
  await listener.accept();
});
`;

/** Runs `deno test` on files with these texts, and interrupts it when one of them hangs. */
async function logOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-failures-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const child = new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--parallel", "--no-check", "--no-config", "--no-lock", folder],
      cwd: folder,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let output = "";
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) output += text;
    };
    const ended = Promise.all([read(child.stdout), read(child.stderr), child.status]);
    if (Object.values(files).includes(HANGING)) {
      const hangs = () => Deno.stat(`${folder}/hangs`).then(() => true, () => false);
      await until(async () => output.includes("FAILED") && await hangs(), "a test to hang");
      child.kill("SIGINT");
    }
    await ended;
    return output;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const log = await logOf({ "a_test.ts": FAILING, "b_test.ts": BROKEN });

Deno.test("a log of tests that failed is reduced to their names and errors", () => {
  const text = describeFailures(log);
  for (
    const part of [
      /^1\.2 is wrong => always => \.\/a_test\.ts:3:6\nerror: TypeError: the first reason$/m,
      /^1\.3 has steps \.\.\. a step => \.\/a_test\.ts:5:11\nerror: Error: the second reason$/m,
      /^\.\/b_test\.ts \(uncaught error\)\nerror: .*Error: the third reason$/m,
    ]
  ) assertEquals(part.test(text), true, `${part} in\n${text}`);
  assertEquals(/1\.1 passes|ext:/.exec(text), null);
});

Deno.test("it has at most the wanted length, with the name of every test", () => {
  const text = describeFailures(log, 500);
  assertLess(text.length, 501);
  for (const name of ["1.2 is wrong", "1.3 has steps", "b_test.ts"]) {
    assertStringIncludes(text, name);
  }
  const lines = Array.from({ length: 400 }, (_, n) => `test ${n} => ./x_test.ts:${n}:1\nerror: no`);
  const many = describeFailures([" ERRORS ", ...lines, " FAILURES "].join("\n"));
  assertLess(many.length, 8_001);
  assertEquals(/… and \d+ more$/.test(many), true, many.slice(-200));
});

Deno.test("of tests that were interrupted it says which had failed and which had not ended", async () => {
  const text = describeFailures(await logOf({ "c_test.ts": HANGING }));
  assertEquals(
    text,
    "./c_test.ts => 3.1 fails first\nhad failed when the time was over\n\n" +
      "3.2 hangs => ./c_test.ts:3:6\nhad not ended when the time was over",
  );
});

Deno.test("of a log without an end it is the last lines, and of a good one nothing", async () => {
  assertEquals(
    describeFailures("Check a_test.ts\n\nDeno has panicked\n"),
    "Check a_test.ts\nDeno has panicked",
  );
  assertEquals(
    describeFailures(await logOf({ "d_test.ts": `Deno.test("4.1 passes", () => {});` })),
    "",
  );
});
