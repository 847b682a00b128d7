import { DiskReserve } from "../../src/kv/reserve.ts";
import { segmentKey } from "../../src/kv/keys.ts";
import { assertEquals, assertGreaterOrEqual } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestKv } from "../support/kv.ts";
import { canMount, fillDisk, mountSmallDisk } from "../support/small_disk.ts";
import { until } from "../support/until.ts";

const MB = 1_000_000;
const FULL = new Error("database or disk is full");
const ignore = !await canMount();

async function sizeOf(path: string): Promise<number | null> {
  return await Deno.stat(path).then(({ size }) => size, () => null);
}

/** Lets the reserve check often enough to make another attempt. */
async function letCheck(clock: FakeClock, reserve: DiskReserve): Promise<void> {
  for (let i = 0; i < 6; i++) {
    await clock.advance(2_000);
    await reserve.settled();
  }
}

Deno.test("8.13 a process that is killed while it makes the reserve leaves nothing on the disk for good", async () => {
  await using opened = await openTestKv();
  const folder = await Deno.makeTempDir();
  const path = `${folder}/kv-reserve`;
  await Deno.writeFile(`${path}.4711`, new Uint8Array(MB)); // of a process that is gone
  await Deno.writeFile(`${folder}/kv-reserved`, new Uint8Array(1));
  {
    await using reserve = new DiskReserve({ clock: new FakeClock(), path, bytes: MB });
    await reserve.start(opened.kv);
    assertEquals([await sizeOf(path), reserve.isFull], [MB, false]);
  }
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  assertEquals(names.sort(), ["kv-reserve", "kv-reserved"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("8.13 two processes that make the reserve at once, with one process id in two containers, make one", async () => {
  await using opened = await openTestKv();
  const folder = await Deno.makeTempDir();
  const path = `${folder}/kv-reserve`;
  const clock = new FakeClock();
  await using one = new DiskReserve({ clock, path, bytes: 16 * MB });
  await using other = new DiskReserve({ clock, path, bytes: 16 * MB });
  await Promise.all([one.start(opened.kv), other.start(opened.kv)]);
  await Promise.all([letCheck(clock, one), letCheck(clock, other)]);
  const { size, blocks } = await Deno.stat(path);
  assertEquals([size, one.isFull, other.isFull], [16 * MB, false, false]);
  assertGreaterOrEqual((blocks ?? Infinity) * 512, 16 * MB, "no holes");
  assertEquals((await Array.fromAsync(Deno.readDir(folder))).length, 1);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("8.13 a reserve that cannot be given up does not end the process", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/kv-reserve`;
  await Deno.mkdir(`${path}/not empty`, { recursive: true }); // so that it cannot be removed
  await using logs = await captureLogs();
  await using reserve = new DiskReserve({ clock: new FakeClock(), path, bytes: MB });
  reserve.observe(FULL);
  await until(() => logs.records.some(({ level }) => level === "warning"), "a warning");
  assertEquals(reserve.isFull, true);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "8.13 a disk that the KV alone fills again and again keeps a reserve",
  ignore,
  async fn() {
    await using disk = await mountSmallDisk(20);
    if (disk === null) throw new Error("cannot mount");
    await using opened = await openTestKv();
    const clock = new FakeClock();
    const path = `${disk.path}/kv-reserve`;
    await using reserve = new DiskReserve({ clock, path, bytes: 8 * MB });
    await reserve.start(opened.kv);
    for (let i = 0; i < 6; i++) {
      await opened.kv.set(segmentKey("1"), "");
      await fillDisk(`${disk.path}/kv${i}`); // SQLite gives no room back
      reserve.observe(FULL);
      await reserve.settled();
      assertEquals([await sizeOf(path), reserve.isFull], [null, true]);
      await opened.kv.delete(segmentKey("1"));
      await letCheck(clock, reserve);
      assertEquals(reserve.isFull, false);
      assertGreaterOrEqual(await sizeOf(path) ?? 0, MB);
    }
  },
});

Deno.test({
  name: "8.13 a disk without any room is full even if nothing is buffered",
  ignore,
  async fn() {
    await using disk = await mountSmallDisk(10);
    if (disk === null) throw new Error("cannot mount");
    await using opened = await openTestKv();
    const clock = new FakeClock();
    const path = `${disk.path}/kv-reserve`;
    await using reserve = new DiskReserve({ clock, path, bytes: 2 * MB });
    await reserve.start(opened.kv);
    reserve.observe(FULL);
    await reserve.settled();
    await fillDisk(`${disk.path}/other`);
    await letCheck(clock, reserve);
    assertEquals([await sizeOf(path), reserve.isFull], [null, true]);
    await Deno.remove(`${disk.path}/other`);
    await letCheck(clock, reserve);
    assertEquals([await sizeOf(path), reserve.isFull], [2 * MB, false]);
  },
});
