import { assertEquals } from "../support/assert.ts";
import { openTestKv } from "../support/kv.ts";
import { idAt } from "../../src/events/id.ts";
import { readOldestAge } from "../../src/kv/age.ts";
import { outboxKey, outboxPrefix, segmentKey, SEGMENTS } from "../../src/kv/keys.ts";

const NOON = Date.parse("2026-03-01T12:00:00.000Z");

Deno.test("readOldestAge() is the age of the oldest entry in seconds, 0 if there is none", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  assertEquals(await readOldestAge(kv, SEGMENTS, NOON), 0);
  for (const ago of [1_500, 90_000, 200]) {
    await kv.set(segmentKey(idAt(NOON - ago)), new Uint8Array());
  }
  await kv.set(outboxKey("enrichment", idAt(NOON - 7_000), "a trace"), new Uint8Array());
  assertEquals(await readOldestAge(kv, SEGMENTS, NOON), 90);
  assertEquals(await readOldestAge(kv, outboxPrefix("enrichment"), NOON), 7);
});

Deno.test("an entry dated ahead by another process's clock has age 0", async () => {
  await using opened = await openTestKv();
  await opened.kv.set(segmentKey(idAt(NOON + 60_000)), new Uint8Array());
  assertEquals(await readOldestAge(opened.kv, SEGMENTS, NOON), 0);
});
