import { assertEquals } from "./support/assert.ts";
import { FakeClock } from "./support/clock.ts";
import { openTestKv } from "./support/kv.ts";
import { createCheckHealth } from "../src/health.ts";
import type { Health } from "../src/http/routes/health.ts";
import { PostgresCondition } from "../src/store/condition.ts";
import { outboxKey, segmentKey } from "../src/kv/keys.ts";

const ok = { state: "ok", reason: null } as const;
const fine: Health = { kv: ok, postgres: ok, flush: ok, enrichment: ok };
const standstill = { state: "failing", reason: "no progress for 300 s" } as const;

async function open(opening = false, condition = new PostgresCondition()) {
  const opened = await openTestKv();
  const clock = new FakeClock();
  const check = createCheckHealth({
    kv: opened.kv,
    clock,
    database: { ping: () => Promise.resolve(null) },
    isDiskFull: () => false,
    isOpening: () => opening,
    condition,
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
  Deno.test(`11.6 ${what} fails when its oldest work stays the same for too long`, async () => {
    await using opened = await open();
    const { kv, clock, check } = opened;
    await kv.set(keyOf("1"), new Uint8Array());
    assertEquals(await check(), fine);
    await clock.advance(299_000);
    assertEquals(await check(), fine);
    await clock.advance(1_000);
    assertEquals(await check(), { ...fine, [part]: standstill });
    await kv.delete(keyOf("1"));
    assertEquals(await check(), fine);
  });

  Deno.test(`${what} is timed by the monotonic clock, whatever the wall clock is set to`, async () => {
    await using opened = await open();
    const { kv, clock, check } = opened;
    await kv.set(keyOf("1"), new Uint8Array());
    assertEquals(await check(), fine);
    clock.jump(3_600_000);
    assertEquals(await check(), fine);
    clock.jump(-7_200_000);
    await clock.advance(300_000);
    assertEquals(await check(), { ...fine, [part]: standstill });
  });

  Deno.test(`${what} that is slow but makes progress is ok`, async () => {
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

  Deno.test(`11.6 ${what} with nothing to do is ok`, async () => {
    await using opened = await open();
    await opened.check();
    await opened.clock.advance(3_600_000);
    assertEquals(await opened.check(), fine);
    await opened.kv.set(keyOf("1"), new Uint8Array());
    assertEquals(await opened.check(), fine);
  });
}

Deno.test("a buffer that is still reading recent fingerprints is starting", async () => {
  await using opened = await open(true);
  assertEquals(await opened.check(), {
    ...fine,
    kv: { state: "starting", reason: "starting: reading recent fingerprints" },
  });
});

Deno.test("while KV fails, flush and enrichment are not reported as failing", async () => {
  const opened = await open();
  await opened[Symbol.asyncDispose]();
  const { kv, ...others } = await opened.check();
  assertEquals(kv.state, "failing");
  assertEquals(others, { postgres: ok, flush: ok, enrichment: ok });
});

Deno.test("11.8 Postgres is not ready before the migrations, nor while an operator has to act", async () => {
  const condition = new PostgresCondition();
  await using opened = await open(false, condition);
  const { check } = opened;
  assertEquals(await check(), fine);
  condition.isPreparing = true;
  condition.fails("flush", new Error("there are no tables"));
  const postgres = { state: "starting", reason: "starting: applying migrations" } as const;
  assertEquals(await check(), { ...fine, postgres });
  condition.fails("migrations", Object.assign(new Error("permission denied"), { code: "42501" }));
  const failing = (await check()).postgres;
  assertEquals([failing.state, failing.reason], [
    "failing",
    "the role lacks a privilege on a table or function",
  ]);
  condition.isPreparing = false;
  condition.works("migrations");
  assertEquals(await check(), fine);
});
