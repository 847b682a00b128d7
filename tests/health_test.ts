import { assertEquals } from "./support/assert.ts";
import { FakeClock } from "./support/clock.ts";
import { openTestKv } from "./support/kv.ts";
import { createCheckHealth } from "../src/health.ts";
import { outboxKey, segmentKey } from "../src/kv/keys.ts";

const fine = { kv: null, postgres: null, flush: null, enrichment: null };

async function open(opening = false) {
  const opened = await openTestKv();
  const clock = new FakeClock();
  const check = createCheckHealth({
    kv: opened.kv,
    clock,
    database: { ping: () => Promise.resolve(null) },
    isOpening: () => opening,
    enableEnrichment: true,
    standstillMs: 300_000,
  });
  return { ...opened, clock, check };
}

for (
  const [what, part, keyOf] of [
    ["a flush", "flush", segmentKey],
    ["an enrichment", "enrichment", (id: string) => outboxKey("enrichment", id)],
    ["a traced enrichment", "enrichment", (id: string) => outboxKey("enrichment", id, "a trace")],
  ] as const
) {
  Deno.test(`${what} fixtures still when its oldest work is the same for too long`, async () => {
    await using opened = await open();
    const { kv, clock, check } = opened;
    await kv.set(keyOf("1"), new Uint8Array());
    assertEquals(await check(), fine);
    await clock.advance(299_000);
    assertEquals(await check(), fine);
    await clock.advance(1_000);
    assertEquals(await check(), { ...fine, [part]: "no progress for 300 s" });
    await kv.delete(keyOf("1"));
    assertEquals(await check(), fine);
  });

  Deno.test(`${what} is judged by how long it took, not by what the clock is set to`, async () => {
    await using opened = await open();
    const { kv, clock, check } = opened;
    await kv.set(keyOf("1"), new Uint8Array());
    assertEquals(await check(), fine);
    clock.jump(3_600_000);
    assertEquals(await check(), fine);
    clock.jump(-7_200_000);
    await clock.advance(300_000);
    assertEquals(await check(), { ...fine, [part]: "no progress for 300 s" });
  });

  Deno.test(`${what} that is slow and works does not fixture still`, async () => {
    await using opened = await open();
    const { kv, clock, check } = opened;
    for (const n of [1, 2, 3, 4, 5]) await kv.set(keyOf(String(n)), new Uint8Array());
    for (const n of [1, 2, 3, 4]) {
      assertEquals(await check(), fine);
      await clock.advance(250_000);
      assertEquals(await check(), fine);
      await kv.delete(keyOf(String(n)));
    }
  });

  Deno.test(`${what} with nothing to do does not fixture still`, async () => {
    await using opened = await open();
    await opened.check();
    await opened.clock.advance(3_600_000);
    assertEquals(await opened.check(), fine);
    await opened.kv.set(keyOf("1"), new Uint8Array());
    assertEquals(await opened.check(), fine);
  });
}

Deno.test("a buffer that still reads what it has to know is not ready", async () => {
  await using opened = await open(true);
  assertEquals(await opened.check(), { ...fine, kv: "reads what was buffered lately" });
});
