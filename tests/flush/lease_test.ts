import { isLeaseHeld, Lease, LEASE_MS } from "../../src/flush/lease.ts";
import { FLUSH_LEASE } from "../../src/kv/keys.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { openTestKv } from "../support/kv.ts";
import { until } from "../support/until.ts";

Deno.test("8.2 of many flushers that try to acquire the lease at once, one gets it", async () => {
  await using opened = await openTestKv();
  const clock = new FakeClock();
  const leases = await Promise.all(
    Array.from({ length: 20 }, (_, i) => Lease.acquire(opened.kv, clock, `owner ${i}`)),
  );
  const [lease, ...others] = leases.filter((lease) => lease !== null);
  assert(lease);
  assertEquals(others, []);
  await lease.release();
});

Deno.test("8.2 isProcessing is true while the lease is held", async () => {
  await using opened = await openTestKv();
  const clock = new FakeClock();
  assertEquals(await isLeaseHeld(opened.kv, clock), false);
  const lease = await Lease.acquire(opened.kv, clock, "a");
  assert(lease);
  assertEquals(await isLeaseHeld(opened.kv, clock), true);
  await lease.release();
  assertEquals(await isLeaseHeld(opened.kv, clock), false);
});

Deno.test("8.8 the lease of a process that died expires", async () => {
  await using opened = await openTestKv();
  const clock = new FakeClock();
  await opened.kv.set(FLUSH_LEASE, { owner: "dead", expiresAt: clock.now() + LEASE_MS });
  assertEquals(await Lease.acquire(opened.kv, clock, "b"), null);
  await clock.advance(LEASE_MS);
  const lease = await Lease.acquire(opened.kv, clock, "b");
  assert(lease);
  await lease.release();
});

Deno.test("8.18 a lease whose expiry cannot be is ignored", async () => {
  await using opened = await openTestKv();
  const clock = new FakeClock();
  const values = [
    undefined,
    null,
    ...[NaN, Infinity, "x", clock.now() + 1e12].map((expiresAt) => ({ owner: "dead", expiresAt })),
  ];
  for (const value of values) {
    await opened.kv.set(FLUSH_LEASE, value);
    assertEquals(await isLeaseHeld(opened.kv, clock), false, Deno.inspect(value));
    const lease = await Lease.acquire(opened.kv, clock, "b");
    assert(lease, Deno.inspect(value));
    await lease.release();
  }
});

Deno.test("8.7 a lease from before the clock was set back is ignored", async () => {
  await using opened = await openTestKv();
  const clock = new FakeClock();
  await opened.kv.set(FLUSH_LEASE, { owner: "dead", expiresAt: clock.now() + LEASE_MS });
  clock.jump(-3_600_000);
  assertEquals(await isLeaseHeld(opened.kv, clock), false);
  const lease = await Lease.acquire(opened.kv, clock, "b");
  assert(lease);
  await lease.release();
});

Deno.test("a lease of a machine whose clock is seconds ahead is respected", async () => {
  await using opened = await openTestKv();
  const clock = new FakeClock();
  const ahead = new FakeClock(clock.now() + 4_000);
  const lease = await Lease.acquire(opened.kv, ahead, "a");
  assert(lease);
  assertEquals(await isLeaseHeld(opened.kv, clock), true);
  assertEquals(await Lease.acquire(opened.kv, clock, "b"), null);
  await lease.release();
});

for (const [name, ms] of [["back", -3_600_000], ["forward", 3_600_000]] as const) {
  Deno.test(`8.7 a holder keeps its lease when the clock is set ${name}`, async () => {
    await using opened = await openTestKv();
    const clock = new FakeClock();
    const lease = await Lease.acquire(opened.kv, clock, "a");
    assert(lease);
    clock.jump(ms);
    await clock.advance(1_500);
    await until(() => clock.pending === 1, "the renewal");
    assertEquals(await Lease.acquire(opened.kv, clock, "b"), null);
    assertEquals(await lease.commit((operation) => operation.set(["done"], true)), true);
    await lease.release();
  });
}

Deno.test("a lease renews itself while its holder works", async () => {
  await using opened = await openTestKv();
  const clock = new FakeClock();
  const lease = await Lease.acquire(opened.kv, clock, "a");
  assert(lease);
  for (let i = 0; i < 10; i++) {
    await clock.advance(1_500);
    await until(() => clock.pending === 1, "the renewal");
  }
  assertEquals(await Lease.acquire(opened.kv, clock, "b"), null);
  assertEquals(await lease.commit((operation) => operation.set(["done"], true)), true);
  await lease.release();
  assertEquals(clock.pending, 0);
});

Deno.test("a commit under a lost lease does nothing", async () => {
  await using opened = await openTestKv();
  const clock = new FakeClock();
  const lease = await Lease.acquire(opened.kv, clock, "a");
  assert(lease);
  await opened.kv.set(FLUSH_LEASE, { owner: "b", expiresAt: clock.now() + LEASE_MS });
  assertEquals(await lease.commit((operation) => operation.set(["done"], true)), false);
  assertEquals((await opened.kv.get(["done"])).value, null);
  await lease.release();
});
