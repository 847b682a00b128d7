import { assertEquals } from "../support/assert.ts";
import { LOG, LOG_HEAD } from "../../src/kv/keys.ts";
import { ClaimLog } from "../../src/buffer/claim_log.ts";
import { KeyIndex } from "../../src/buffer/key_index.ts";
import { KeyLog } from "../../src/buffer/key_log.ts";
import { RecentFingerprints } from "../../src/buffer/recent.ts";
import { FakeClock } from "../support/clock.ts";
import { openTestKv } from "../support/kv.ts";

const TTL_MS = 60_000;

/** A process: its view of the log, and the fingerprints it has seen. */
function openLog(kv: Deno.Kv) {
  const clock = new FakeClock();
  const seen = new RecentFingerprints({ clock, ttlMs: TTL_MS, capacity: Infinity });
  const index = new KeyIndex({ clock, ttlMs: TTL_MS, capacity: 1_000 });
  const keys = new KeyLog({ kv, clock, index });
  const ttls = { deduplicationTtlMs: TTL_MS, idempotencyTtlMs: TTL_MS };
  const log = new ClaimLog({ kv, seen, keys, ...ttls });
  return {
    log,
    has: (value: string, now: number) => seen.has(seen.hash(value), now),
    /** One try to commit fingerprints; whether it was taken. */
    async commit(segment: string, fingerprints: string[], at: number): Promise<boolean> {
      const operation = kv.atomic();
      const onCommitted = log.append(operation, { segment, fingerprints, keys: [] }, at);
      const result = await operation.commit();
      if (result.ok) onCommitted(result.versionstamp);
      return result.ok;
    },
  };
}

Deno.test("5.2 a commit fails until the process has read what others logged", async () => {
  await using opened = await openTestKv();
  const [a, b] = [openLog(opened.kv), openLog(opened.kv)];
  assertEquals(await a.commit("a1", ["x", "y"], 0), true);
  assertEquals(
    await b.commit("b1", ["x"], 0),
    false,
    "before its first commit a process has read nothing",
  );
  assertEquals(b.has("x", 0), false);
  assertEquals(await b.log.catchUp(null, 0), false);
  assertEquals([b.has("x", 0), b.has("y", 0), b.has("z", 0)], [true, true, false]);
  assertEquals(await b.commit("b2", ["z"], 0), true);
  assertEquals(await a.commit("a2", ["z"], 0), false);
});

Deno.test("a single process never has to read the log", async () => {
  await using opened = await openTestKv();
  const log = openLog(opened.kv);
  for (let i = 0; i < 5; i++) assertEquals(await log.commit(`s${i}`, [`f${i}`], i), true);
});

Deno.test("the log shows whether a commit was applied whose result was lost", async () => {
  await using opened = await openTestKv();
  const [a, b] = [openLog(opened.kv), openLog(opened.kv)];
  await a.commit("before", ["x"], 0);
  assertEquals(await b.log.catchUp("lost", 0), false);
  await a.commit("lost", ["y"], 0);
  await a.commit("after", ["z"], 0);
  assertEquals(await b.log.catchUp("lost", 0), true);
  assertEquals(await b.log.catchUp("lost", 0), false, "entries are not read twice");
});

Deno.test("5.1 entries past their deadline are ignored, even if KV still has them", async () => {
  await using opened = await openTestKv();
  const [a, b] = [openLog(opened.kv), openLog(opened.kv)];
  await a.commit("old", ["x"], 0);
  await a.commit("new", ["y"], 30_000);
  await b.log.catchUp(null, TTL_MS);
  assertEquals([b.has("x", TTL_MS), b.has("x", 0), b.has("y", TTL_MS)], [false, false, true]);
});

Deno.test("the log continues from its head when KV has dropped all entries", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const [a, b] = [openLog(kv), openLog(kv)];
  await a.commit("a1", ["x"], 0);
  await b.log.catchUp(null, 0);
  await b.commit("b1", ["y"], 0);
  for await (const { key } of kv.list({ prefix: LOG })) await kv.delete(key);
  assertEquals(await a.commit("a2", ["z"], TTL_MS), false);
  const late = openLog(kv);
  for (const { log } of [a, late]) await log.catchUp(null, TTL_MS);
  assertEquals(await late.commit("late", ["z"], TTL_MS), true);
  assertEquals(await a.commit("a3", ["z"], TTL_MS), false);
  assertEquals((await kv.get(LOG_HEAD)).value, 3);
});
