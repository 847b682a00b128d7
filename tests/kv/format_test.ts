import { checkFormat, KV_FORMAT } from "../../src/kv/format.ts";
import { FORMAT } from "../../src/kv/keys.ts";
import { MAX_FORMAT } from "../../src/kv/segment.ts";
import { KvOpenError, openKv } from "../../src/kv/open.ts";
import { systemClock } from "../../src/clock.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { faultyKv, noFaults } from "../support/faulty_kv.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestKv } from "../support/kv.ts";

const options = { clock: systemClock, random: Math.random };

Deno.test("an unused KV is marked with the format of this code when it is opened", async () => {
  await using opened = await openTestKv();
  assertEquals((await opened.kv.get(FORMAT)).value, KV_FORMAT);
});

Deno.test("a KV of this format opens again, and its format is written once", async () => {
  await using opened = await openTestKv();
  const before = await opened.kv.get(FORMAT);
  using again = await openKv(opened.path, options);
  assertEquals(await again.get(FORMAT), before);
});

Deno.test("8.9 a KV of a newer format is not opened, and the message names both formats", async () => {
  await using opened = await openTestKv();
  await opened.kv.set(FORMAT, KV_FORMAT + 1);
  await assertRejects(
    () => openKv(opened.path, options),
    KvOpenError,
    `The KV store has format ${KV_FORMAT + 1}, and this version of Sluice understands formats up ` +
      `to ${KV_FORMAT}: run the version that wrote it, or a newer one.`,
  );
  assertEquals((await opened.kv.get(FORMAT)).value, KV_FORMAT + 1, "it was left alone");
});

Deno.test("8.10 a format that is none is damage: it is logged and written again", async () => {
  await using opened = await openTestKv();
  for (const format of [0, -1, 1.5, "1", {}, null, 1n, new Uint8Array(3), MAX_FORMAT + 1]) {
    await using logs = await captureLogs();
    await opened.kv.set(FORMAT, format);
    await checkFormat(opened.kv);
    assertEquals((await opened.kv.get(FORMAT)).value, KV_FORMAT, Deno.inspect(format));
    assertEquals(logs.of("error").length, 1);
  }
});

Deno.test("processes that start on one unused KV at the same moment all succeed", async () => {
  await using opened = await openTestKv();
  await opened.kv.delete(FORMAT);
  const faults = noFaults();
  const { promise: allHaveRead, resolve } = Promise.withResolvers<void>();
  let commits = 0;
  faults.beforeCommit = () => {
    if (++commits === 3) resolve();
    return allHaveRead;
  };
  const kv = faultyKv(opened.kv, faults);
  await Promise.all([checkFormat(kv), checkFormat(kv), checkFormat(kv)]);
  assertEquals([(await kv.get(FORMAT)).value, commits], [KV_FORMAT, 3]);
});

Deno.test("several handles on one new file open at the same moment", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-kv-" });
  const path = `${folder}/kv.sqlite3`;
  const handles = await Promise.all([1, 2, 3].map(() => openKv(path, options)));
  for (const kv of handles) {
    assertEquals((await kv.get(FORMAT)).value, KV_FORMAT);
    kv.close();
  }
  await Deno.remove(folder, { recursive: true });
});
