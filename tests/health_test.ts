import { assertEquals, assertLess } from "./support/assert.ts";
import { FakeClock } from "./support/clock.ts";
import { faultyKv, type KvFaults, noFaults } from "./support/faulty_kv.ts";
import { openTestKv } from "./support/kv.ts";
import { idAt } from "../src/events/id.ts";
import type { FlushFailures } from "../src/flush/schedule.ts";
import { createCheckHealth } from "../src/health.ts";
import type { Health } from "../src/http/routes/health.ts";
import { PostgresCondition } from "../src/store/condition.ts";
import { outboxKey, segmentKey } from "../src/kv/keys.ts";

const ok = { state: "ok", reason: null } as const;
const fine: Health = { kv: ok, postgres: ok, flush: ok, enrichment: ok };
const standstill = {
  state: "failing",
  reason: "no progress for 300 s",
  publicReason: "no progress for 300 s",
} as const;

interface Fixture {
  readonly opening?: boolean;
  readonly condition?: PostgresCondition;
  readonly faults?: KvFaults;
  readonly flushFailures?: () => FlushFailures | null;
  readonly maxEnrichmentLagMs?: number;
}

async function open(
  {
    opening = false,
    condition = new PostgresCondition(),
    faults = noFaults(),
    flushFailures = () => null,
    maxEnrichmentLagMs = Infinity,
  }: Fixture = {},
) {
  const opened = await openTestKv();
  const clock = new FakeClock();
  const check = createCheckHealth({
    kv: faultyKv(opened.kv, faults),
    clock,
    database: { ping: () => Promise.resolve(null) },
    isDiskFull: () => false,
    isOpening: () => opening,
    condition,
    isRefusing: () => false,
    flushFailures,
    enableEnrichment: true,
    standstillMs: 300_000,
    maxEnrichmentLagMs,
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
  await using opened = await open({ opening: true });
  assertEquals(await opened.check(), {
    ...fine,
    kv: {
      state: "starting",
      reason: "starting: reading recent fingerprints",
      publicReason: "starting: reading recent fingerprints",
    },
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
  await using opened = await open({ condition });
  const { check } = opened;
  assertEquals(await check(), fine);
  condition.isPreparing = true;
  condition.fails("flush", new Error("there are no tables"));
  const reason = "starting: applying migrations";
  const postgres = { state: "starting", reason, publicReason: reason } as const;
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

Deno.test("11.9 a KV that can be read but not written is failing, until it can be written again", async () => {
  const faults = noFaults();
  await using opened = await open({ faults });
  const { clock, check } = opened;
  faults.commit = () => "fails";
  assertEquals(await check(), {
    ...fine,
    kv: {
      state: "failing",
      reason: "cannot be written: Error: the disk is full",
      publicReason: "cannot be written",
    },
  });
  faults.commit = () => null;
  assertEquals(await check(), fine);
  faults.commit = () => "fails";
  assertEquals(await check(), fine, "written a moment ago");
  await clock.advance(10_000);
  assertEquals((await check()).kv.state, "failing");
});

Deno.test("11.9 KV is written to for a check at most once in ten seconds", async () => {
  const faults = noFaults();
  await using opened = await open({ faults });
  let commits = 0;
  faults.commit = () => (commits++, null);
  for (let n = 0; n < 100; n++) await opened.check();
  assertEquals(commits, 1);
});

Deno.test("11.9 a check responds in time while KV hangs, and checks do not pile up", async () => {
  const faults = noFaults();
  const { promise: forever, resolve } = Promise.withResolvers<void>();
  await using opened = await open({ faults });
  const { clock, check } = opened;
  let reads = 0;
  faults.beforeRead = () => (reads++, forever);
  for (let n = 0; n < 5; n++) {
    const startedAt = clock.monotonic();
    const { kv, ...others } = await clock.during(check());
    assertEquals(kv, {
      state: "failing",
      reason: "no response within 1500 ms",
      publicReason: "not responding",
    });
    assertEquals(others, { postgres: ok, flush: ok, enrichment: ok });
    assertLess(clock.monotonic() - startedAt, 2_000);
  }
  assertEquals(reads, 1);
  faults.beforeRead = () => Promise.resolve();
  // Reads that were lost are given up.
  await clock.advance(30_000);
  assertEquals(await check(), fine);
  resolve();
});

Deno.test("11.9 flushes that fail five times in a row are failing, with a reason that names no host", async () => {
  const last = {
    result: "unavailable",
    reason: "permission denied for table events (42501)",
  } as const;
  let failures: FlushFailures | null = null;
  await using opened = await open({ flushFailures: () => failures });
  failures = { count: 4, last };
  assertEquals(await opened.check(), fine);
  failures = { count: 5, last };
  assertEquals((await opened.check()).flush, {
    state: "failing",
    reason: `failed 5 times in a row: ${last.reason}`,
    publicReason: "failed 5 times in a row: Postgres error 42501",
  });
  const reason = 'password authentication failed for user "bob" at 10.0.0.1';
  failures = { count: 6, last: { result: "unavailable", reason } };
  const { flush } = await opened.check();
  assertEquals(
    flush.state === "failing" && flush.publicReason,
    "failed 6 times in a row: Postgres is unavailable",
  );
  failures = null;
  assertEquals(await opened.check(), fine);
});

Deno.test("11.9 an enrichment that makes progress but lags is failing", async () => {
  await using opened = await open({ maxEnrichmentLagMs: 900_000 });
  const { kv, clock, check } = opened;
  for (let n = 0; n < 4; n++) {
    await kv.set(outboxKey("enrichment", idAt(clock.now() - 899_000 + n)), new Uint8Array());
  }
  assertEquals(await check(), fine);
  await clock.advance(2_000);
  assertEquals(await check(), {
    ...fine,
    enrichment: {
      state: "failing",
      reason: "lags: the oldest event has waited for 901 s",
      publicReason: "lags: the oldest event has waited for 901 s",
    },
  });
});
