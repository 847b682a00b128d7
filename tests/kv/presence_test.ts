import { assertEquals, assertRejects } from "@std/assert";
import { assertLess } from "../support/assert.ts";
import { KvAwayError, KvTimeoutError, Presence } from "../../src/kv/presence.ts";
import { FakeClock } from "../support/clock.ts";

const DEADLINE_MS = 5_000;

/** A KV whose operations are answered by hand. */
function fixture() {
  const clock = new FakeClock();
  const probes: PromiseWithResolvers<void>[] = [];
  const presence = new Presence({
    clock,
    deadlineMs: DEADLINE_MS,
    probe() {
      const probe = Promise.withResolvers<void>();
      probes.push(probe);
      return probe.promise;
    },
  });
  return { clock, probes, presence };
}

/** Lets everything run that waits for nothing. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await Promise.resolve();
}

const never = () => new Promise<never>(() => {});

Deno.test("8.20 an operation that is responded to in time has that result", async () => {
  const { presence, clock } = fixture();
  assertEquals(await presence.run(() => Promise.resolve(7)), 7);
  await assertRejects(() => presence.run(() => Promise.reject(new Error("no"))), Error, "no");
  assertEquals([presence.awayBecause, clock.pending], [null, 0]);
});

Deno.test("8.20 an operation without a response is in doubt after the deadline, and later ones are not sent", async () => {
  const { presence, clock } = fixture();
  const first = presence.run(never);
  const refused = assertRejects(() => first, KvTimeoutError, "did not respond within 5000 ms");
  await clock.advance(DEADLINE_MS - 1);
  assertEquals(presence.awayBecause, null);
  await clock.advance(1);
  await refused;
  let sent = false;
  await assertRejects(
    () => presence.run(() => Promise.resolve(sent = true)),
    KvAwayError,
    "did not respond",
  );
  assertEquals(sent, false);
  presence.close();
});

Deno.test("8.20 one slow operation among others that are responded to is not an outage", async () => {
  const { presence, clock } = fixture();
  const slow = assertRejects(() => presence.run(never), KvTimeoutError);
  await clock.advance(DEADLINE_MS / 2);
  await presence.run(() => Promise.resolve());
  await clock.advance(DEADLINE_MS / 2);
  await slow;
  assertEquals(presence.awayBecause, null);
});

Deno.test("8.20 an error is no response: a driver's own deadline does not hide an outage", async () => {
  const { presence, clock } = fixture();
  const driverMs = DEADLINE_MS + 500;
  const hang = () =>
    new Promise<never>((_, reject) => clock.after(driverMs, () => reject(new Error("deadline"))));
  const before = assertRejects(() => presence.run(hang), KvTimeoutError);
  await clock.advance(600);
  await presence.run(() => Promise.resolve());
  await clock.advance(100);
  const after = assertRejects(() => presence.run(hang), KvTimeoutError);
  await clock.advance(DEADLINE_MS);
  await Promise.all([before, after]);
  assertEquals(presence.awayBecause, `KV did not respond within ${DEADLINE_MS} ms`);
  presence.close();
});

Deno.test("8.20 a probe that succeeds ends the outage", async () => {
  const { presence, clock, probes } = fixture();
  presence.leave("gone");
  await settle();
  await clock.advance(1_000);
  assertEquals(probes.length, 1);
  probes[0]?.resolve();
  await settle();
  assertEquals(presence.awayBecause, null);
  assertEquals(await presence.run(() => Promise.resolve(1)), 1);
});

Deno.test("8.20 probes without a response become rare, and one that fails says why", async () => {
  const { presence, clock, probes } = fixture();
  presence.leave("gone");
  await settle();
  for (let second = 0; second < 3_600; second++) {
    await clock.advance(1_000);
    await settle();
  }
  assertLess(probes.length, 70);
  for (const { length } = probes; probes.length === length;) {
    await clock.advance(1_000);
    await settle();
  }
  probes.at(-1)?.reject(new Error("a newer format"));
  await settle();
  assertEquals(presence.awayBecause, "a newer format");
  presence.close();
});

Deno.test("8.20 a late response makes the next probe come at once", async () => {
  const { presence, clock, probes } = fixture();
  const late = Promise.withResolvers<void>();
  const refused = assertRejects(() => presence.run(() => late.promise), KvTimeoutError);
  await clock.advance(DEADLINE_MS);
  await refused;
  assertEquals(probes.length, 0);
  late.resolve();
  await settle();
  assertEquals(probes.length, 1);
  probes[0]?.resolve();
  await settle();
  assertEquals(presence.awayBecause, null);
});

Deno.test("8.20 no probe follows once it is closed", async () => {
  const { presence, clock, probes } = fixture();
  presence.leave("gone");
  presence.close();
  await settle();
  await clock.advance(120_000);
  assertEquals([probes.length, clock.pending], [0, 0]);
});
