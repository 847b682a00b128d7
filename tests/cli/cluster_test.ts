/** `deno task cluster` as a process: several services behind one address. */

import {
  assertEquals,
  assertExists,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { runTask, task } from "../support/command.ts";
import { until } from "../support/until.ts";

Deno.test("cluster serves several processes at one address, is found by commands, and drains on Ctrl-C", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-cluster-" });
  const settings = { DATA_DIR: folder, SHUTDOWN_GRACE_SECONDS: "0" };
  const child = task("cluster", ["--processes", "2", "--kv", "file"], { ...settings, PORT: "0" })
    .spawn();
  let output = "";
  const reading = Promise.all([child.stdout, child.stderr].map(async (stream) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) output += decoder.decode(chunk, { stream: true });
  }));
  try {
    await until(() => output.includes("Press Ctrl-C"), "the processes to serve", 120_000);
    const [, url] = /running at (http:\S+)/.exec(output) ?? [];
    assertExists(url, output);
    assertEquals(output.match(/a process at http:\S+/g)?.length, 2, output);
    assertEquals((await Deno.stat(`${folder}/kv.sqlite3`)).isFile, true);
    const simulated = await runTask(
      "simulate",
      ["--rate", "20", "--seconds", "1", "--json"],
      settings,
    );
    assertEquals(simulated.code, 0, simulated.out + simulated.err);
    assertEquals(JSON.parse(simulated.out).url, url);
    const again = await runTask("cluster", [], { ...settings, PORT: "0" });
    assertEquals(again.code, 1, again.out + again.err);
    assertStringIncludes(again.err, `in use by the service at ${url}`);
  } finally {
    child.kill("SIGINT");
  }
  const { code } = await child.status;
  await reading;
  assertEquals(code, 0, output);
  assertEquals(output.match(/Stopped$/gm)?.length, 2, output);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("cluster says what its options take", async () => {
  const { code, err } = await runTask("cluster", ["--processes", "none"]);
  assertEquals(code, 1, err);
  assertMatch(err, /--processes must be a whole number from 1 to 32, got "none"/);
  const kv = await runTask("cluster", ["--kv", "denokv"]);
  assertEquals(kv.code, 1, kv.err);
  assertMatch(kv.err, /--kv must be file, a path or the URL of a KV, got "denokv"/);
});
