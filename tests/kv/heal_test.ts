import { systemClock } from "../../src/clock.ts";
import { addAccepted, addToCounters, COUNTERS, readBalance } from "../../src/kv/counter.ts";
import { decodeKey, encodeKey } from "../../src/kv/encoded_key.ts";
import { counterKey, MISCOUNTED, segmentKey, SEGMENTS } from "../../src/kv/keys.ts";
import { openKv } from "../../src/kv/open.ts";
import { repairCounters } from "../../src/kv/repair_counters.ts";
import { correctMiscount } from "../../src/kv/set_aside.ts";
import { unpack } from "../../src/kv/segment.ts";
import { assertEquals, assertRejects } from "../support/assert.ts";
import { makeBuffer } from "../support/buffer.ts";
import { DAMAGES, overwrite } from "../support/damaged_kv.ts";
import { acceptedEvent } from "../support/events.ts";
import { forever, makeFlusher, MemorySink } from "../support/flusher.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { captureLogs } from "../support/logs.ts";

const retry = { clock: systemClock, random: Math.random };
const BYTES = new Uint8Array([1, 2]);

function event() {
  return acceptedEvent({ eventType: "e", idempotencyKey: crypto.randomUUID() });
}

Deno.test("keys are encoded as Deno KV does", async () => {
  await using opened = await openTestKv();
  const keys = [["a", "b\u0000c", "€"], ["n", 0], ["n", 5], ["n", -7.5], ["n", 1e300], ["n", -0.1]];
  for (const key of keys) {
    await opened.kv.set(key, "x");
    overwrite(opened.path, key, { bytes: BYTES, encoding: 3 }); // finds it
    assertEquals([(await opened.kv.get(key)).value, decodeKey(encodeKey(key))], [BYTES, key]);
  }
});

Deno.test("8.17 the bytes of a value that cannot be deserialized are kept", async () => {
  await using opened = await openTestKv();
  await using logs = await captureLogs();
  await opened.kv.set(["a"], 1);
  await opened.kv.set(["b"], 2);
  overwrite(opened.path, ["a"], { bytes: BYTES, encoding: 1 });
  assertEquals((await opened.kv.get(["a"])).value, BYTES);
  assertEquals((await opened.kv.get(["b"])).value, 2);
  assertEquals(logs.of("error").length, 1);
});

Deno.test("8.17 a segment whose encoding alone is damaged loses nothing", async () => {
  await using opened = await openTestKv();
  const buffer = makeBuffer(opened.kv);
  const events = [event(), event()];
  for (const event of events) await buffer.append(event);
  const [key = []] = await keysUnder(opened.kv, ...SEGMENTS);
  const { value } = await opened.kv.get<Uint8Array>(key);
  overwrite(opened.path, key, { bytes: value ?? BYTES, encoding: 7 });
  const sink = new MemorySink();
  const report = await makeFlusher(opened.kv, sink).flush("size", forever);
  assertEquals([report.result, report.events], ["drained", 2]);
  assertEquals(unpack(value ?? BYTES), [events[0]?.line]);
});

Deno.test("8.17 a value that a newer Deno wrote is no damage, and stays", async () => {
  await using opened = await openTestKv();
  await opened.kv.set(["a"], 1);
  overwrite(opened.path, ["a"], { bytes: new Uint8Array([0xff, 0x19, 0x49, 2]), encoding: 1 });
  await assertRejects(() => opened.kv.get(["a"]), Error, "could not deserialize value");
  await assertRejects(() => opened.kv.get(["a"]), Error, "could not deserialize value");
});

Deno.test("8.17 a counter of fewer than eight bytes, which Deno panics for, is recomputed at the start", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/kv.sqlite3`;
  {
    using kv = await openKv(path, retry);
    await makeBuffer(kv).append(event());
    overwrite(path, counterKey("accepted"), { bytes: BYTES, encoding: 2 });
  }
  using kv = await openKv(path, retry);
  await makeBuffer(kv).append(event());
  const { accepted, buffered } = await readBalance(kv);
  assertEquals([accepted, buffered], [2, 2]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("8.17 a commit that a damaged counter rejects is applied as a whole once it is recomputed", async () => {
  for (const [name, damage] of Object.entries(DAMAGES)) {
    if (name === "a negative counter") continue; // rejects nothing
    for (const counter of ["accepted", "buffered"] as const) {
      await using opened = await openTestKv();
      const buffer = makeBuffer(opened.kv);
      await buffer.append(event());
      await damage(opened, counterKey(counter));
      const outcomes = await Promise.all([event(), event(), event()].map((e) => buffer.append(e)));
      assertEquals(outcomes.map(({ kind }) => kind), ["accepted", "accepted", "accepted"]);
      const { accepted, buffered } = await readBalance(opened.kv);
      assertEquals([accepted, buffered], [4, 4], `${name}, ${counter}`);
    }
  }
});

Deno.test("8.17 nothing of an operation is applied that a damaged counter rejects", async () => {
  await using opened = await openTestKv();
  using plain = await Deno.openKv(opened.path); // without repairs
  for (const damaged of ["stored", "buffered"] as const) {
    await plain.set(counterKey("stored"), new Deno.KvU64(5n));
    await plain.set(counterKey("buffered"), new Deno.KvU64(5n));
    await plain.set(counterKey(damaged), "x");
    const operation = plain.atomic();
    addToCounters(operation, { buffered: -2, stored: 2 });
    operation.set(["after"], 1);
    await assertRejects(() => operation.commit());
    const { stored, buffered } = await readBalance(plain);
    assertEquals([stored + buffered, (await plain.get(["after"])).value], [5, null]);
  }
});

Deno.test("8.17 events that a damaged counter keeps from being accepted are not counted, even if it is repaired by another process", async () => {
  await using opened = await openTestKv();
  using plain = await Deno.openKv(opened.path); // without repairs
  for (const damaged of ["accepted", "buffered"] as const) {
    await plain.set(segmentKey("a"), new Uint8Array(2).fill(0x0a)); // two lines
    await plain.set(counterKey("stored"), new Deno.KvU64(5n));
    await plain.set(counterKey("buffered"), new Deno.KvU64(2n));
    await plain.set(counterKey("accepted"), new Deno.KvU64(7n));
    await plain.set(counterKey(damaged), "x");
    const operation = plain.atomic();
    addAccepted(operation, 3);
    operation.set(["after"], 1);
    await assertRejects(() => operation.commit());
    await repairCounters(opened.kv);
    const { accepted, buffered, stored } = await readBalance(plain);
    assertEquals([accepted, buffered, stored], [7, 2, 5], damaged);
    assertEquals((await plain.get(["after"])).value, null);
  }
});

Deno.test("8.17 every counter but one is enough to recompute that one", async () => {
  const values = { not_accepted: 9, accepted: 100, duplicates: 5, rejected: 4 } as const;
  const parts = { buffered: 20, stored: 60, replays: 10, dead_letters: 7, set_aside: 3 } as const;
  const balance: Record<string, number> = { ...values, ...parts };
  for (const name of COUNTERS) {
    await using opened = await openTestKv();
    for (const [key, value] of Object.entries(balance)) {
      await opened.kv.set(["counter", key], new Deno.KvU64(BigInt(value)));
    }
    await opened.kv.set(segmentKey("a"), new Uint8Array(20).fill(0x0a)); // as many lines
    await opened.kv.set(counterKey(name), "x");
    const operation = opened.kv.atomic();
    addToCounters(operation, { [name]: 1 });
    await operation.commit();
    const after = await readBalance(opened.kv);
    assertEquals(after[name], (balance[name] ?? 0) + 1, name);
  }
});

Deno.test("8.17 a wrong count of buffered events is corrected when the buffer is empty and the others balance", async () => {
  await using opened = await openTestKv();
  const counts = { accepted: 5, stored: 4, replays: 1 };
  for (const wrong of [7n, 10n ** 15n, 2n ** 64n - 3n]) {
    for (const [name, count] of Object.entries(counts)) {
      await opened.kv.set(["counter", name], new Deno.KvU64(BigInt(count)));
    }
    await opened.kv.set(counterKey("buffered"), new Deno.KvU64(wrong));
    await correctMiscount(opened.kv);
    const { buffered, accepted, set_aside } = await readBalance(opened.kv);
    assertEquals([buffered, accepted, set_aside], [0, 5, 0]);
  }
  assertEquals((await opened.kv.get(MISCOUNTED)).versionstamp, null);
});
