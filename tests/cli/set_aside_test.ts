import { countBuffered, readBalance } from "../../src/kv/counter.ts";
import { segmentKey, SEGMENTS } from "../../src/kv/keys.ts";
import { unpack } from "../../src/kv/segment.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { bufferedLines, makeBuffer } from "../support/buffer.ts";
import { runTask } from "../support/command.ts";
import { acceptedEvent } from "../support/events.ts";
import { forever, makeFlusher, MemorySink } from "../support/flusher.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";

/** Buffers a segment of three events, damages it, and flushes. */
async function setOneAside(kv: Deno.Kv) {
  const buffer = makeBuffer(kv);
  await Promise.all(
    [0, 1, 2].map((i) => buffer.append(acceptedEvent({ eventType: `e${i}`, props: { t: "€" } }))),
  );
  const [key = []] = await keysUnder(kv, ...SEGMENTS);
  const { value } = await kv.get<Uint8Array>(key);
  assert(value !== null);
  await kv.set(key, value.slice(1)); // without the byte of the format
  const report = await makeFlusher(kv, new MemorySink()).flush("size", forever);
  assertEquals([report.result, await countBuffered(kv)], ["drained", 0]);
  return { id: String(key[SEGMENTS.length]), lines: unpack(value) };
}

Deno.test("8.10 set-aside lists what was set aside, shows it and restores it, as it is or repaired", async () => {
  await using opened = await openTestKv();
  const { kv, path } = opened;
  const settings = { KV_PATH: path };
  const nothing = await runTask("set-aside", [], settings);
  assertEquals([nothing.code, nothing.out, nothing.err], [0, "Nothing is set aside.\n", ""]);
  const { id, lines } = await setOneAside(kv);
  const listed = await runTask("set-aside", ["list"], settings);
  assertMatch(
    listed.out,
    new RegExp(`^${id}  buffer, about 3 events, since \\S+Z: the first byte`),
  );

  const shown = await runTask("set-aside", ["show", id], settings);
  assertEquals(shown.out, lines.map((line) => `${line}\n`).join(""));
  const restored = await runTask("set-aside", ["restore", id], settings);
  assertEquals(restored.out, `Restored ${id}.\n`);
  assertEquals([await countBuffered(kv), (await readBalance(kv)).set_aside], [3, 0]);
  assert((await kv.get(segmentKey(id))).value !== null, "it is back where it was");
  await makeFlusher(kv, new MemorySink()).flush("size", forever); // sets it aside again

  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, `${shown.out}oh\n`);
  const wrong = await runTask("set-aside", ["restore", id, file], settings);
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.err, `Line 4 of ${file} must be a row as JSON, a tab`);
  await Deno.writeTextFile(file, shown.out);
  const repaired = await runTask("set-aside", ["restore", id, file], settings);
  await Deno.remove(file);
  assertEquals([repaired.code, repaired.err], [0, ""]);
  assertEquals(await bufferedLines(kv), [lines]);
  const report = await makeFlusher(kv, new MemorySink()).flush("size", forever);
  assertEquals([report.result, report.stored, await countBuffered(kv)], ["drained", 3, 0]);
});

Deno.test("set-aside discards on demand, and its events stay counted", async () => {
  await using opened = await openTestKv();
  const settings = { KV_PATH: opened.path };
  const { id } = await setOneAside(opened.kv);
  const discarded = await runTask("set-aside", ["discard", id], settings);
  assertEquals(discarded.out, `Discarded ${id}.\n`);
  const again = await runTask("set-aside", ["show", id], settings);
  assertEquals([again.code, again.err], [1, `Nothing is set aside under the id "${id}".\n`]);
  assertEquals((await readBalance(opened.kv)).set_aside, 3);
});

Deno.test("set-aside explains itself, and what it cannot understand", async () => {
  assertStringIncludes((await runTask("set-aside", ["--help"])).out, "Usage: deno task set-aside");
  const missing = await runTask("set-aside", [], { KV_PATH: "/nonexistent/kv.sqlite3" });
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.err, "Cannot open the KV at KV_PATH: NotFound");
  for (const args of [["show"], ["remove", "x"], ["list", "x"], ["discard", "x", "y"]]) {
    const { code, err } = await runTask("set-aside", args, { KV_PATH: ":memory:" });
    assertEquals(code, 1);
    assertStringIncludes(err, `Cannot understand ${JSON.stringify(args.join(" "))}.`);
  }
});
