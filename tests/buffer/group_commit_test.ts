import { SEGMENTS } from "../../src/kv/keys.ts";
import { assert, assertEquals, assertGreaterOrEqual } from "../support/assert.ts";
import type { Outcome } from "../../src/events/outcome.ts";
import { MAX_FINGERPRINT } from "../../src/events/fingerprint.ts";
import { countBuffered } from "../../src/kv/counter.ts";
import { bufferedLines, makeBuffer as makeBufferWith, offer } from "../support/buffer.ts";
import { LOCAL_LIMITS, MANAGED_LIMITS } from "../../src/kv/limits.ts";
import { acceptedEvent } from "../support/events.ts";
import { faultyKv, noFaults } from "../support/faulty_kv.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { newId } from "../support/ids.ts";

const KEY = "0190a0b0-1111-4222-8333-444455556666";

function events(count: number, props: Record<string, unknown> = {}) {
  return Array.from(
    { length: count },
    (_, i) => acceptedEvent({ eventType: `event_${i}`, props: { ...props, i } }),
  );
}

function kinds(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of outcomes) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

const WAYS = { "in a log": LOCAL_LIMITS, "by keys": MANAGED_LIMITS };

Deno.test("5.2 events that arrive while a process reads the log wait for it, and their commit succeeds", async () => {
  await using opened = await openTestKv();
  const [duplicate, other] = events(2);
  assert(duplicate && other);
  await makeBufferWith(opened.kv).append(duplicate);
  const faults = noFaults();
  let commits = 0;
  faults.beforeCommit = () => {
    commits += 1;
    return Promise.resolve();
  };
  const buffer = makeBufferWith(faultyKv(opened.kv, faults));
  const reading = buffer.open();
  assertEquals(buffer.isOpening, true);
  const outcomes = await Promise.all([buffer.append(duplicate), buffer.append(other)]);
  assertEquals(kinds(outcomes), { duplicate: 1, accepted: 1 });
  assertEquals(commits, 1);
  await reading;
  assertEquals(buffer.isOpening, false);
});

Deno.test("a log that cannot be read at the start is read by the first commit", async () => {
  await using opened = await openTestKv();
  const [duplicate] = events(1);
  assert(duplicate);
  await makeBufferWith(opened.kv).append(duplicate);
  const faults = noFaults();
  faults.read = () => true;
  const buffer = makeBufferWith(faultyKv(opened.kv, faults));
  await buffer.open();
  faults.read = () => false;
  assertEquals(await buffer.append(duplicate), { kind: "duplicate" });
});

for (const [how, limits] of Object.entries(WAYS)) {
  const makeBuffer: typeof makeBufferWith = (kv, options) =>
    makeBufferWith(kv, { limits, ...options });

  Deno.test(`2.1 no event is settled before the commit that holds it, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    const held = Promise.withResolvers<void>();
    faults.beforeCommit = () => held.promise;
    const buffer = makeBuffer(faultyKv(opened.kv, faults));
    let answered = false;
    const answer = buffer.append(acceptedEvent({ eventType: "page_viewed" })).then((outcome) => {
      answered = true;
      return outcome;
    });
    assertEquals(await countBuffered(opened.kv), 0);
    assertEquals(answered, false);
    held.resolve();
    assertEquals(await answer, { kind: "accepted" });
    assertEquals(await countBuffered(opened.kv), 1);
  });

  Deno.test(`an idle buffer commits at once, a busy one commits what has arrived together, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    faults.beforeCommit = () => {
      reached.resolve();
      return held.promise;
    };
    const buffer = makeBuffer(faultyKv(opened.kv, faults));
    const [first, ...others] = events(41);
    assert(first);
    const answers = [buffer.append(first)];
    await reached.promise;
    answers.push(...others.map((event) => offer(buffer, event)));
    held.resolve();
    assertEquals(kinds(await Promise.all(answers)), { accepted: 41 });
    assertEquals((await bufferedLines(opened.kv)).map((lines) => lines.length), [1, 40]);
  });

  Deno.test(`the next commit is under way when a group is settled, and not awaited, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const reached = Promise.withResolvers<void>();
    let commits = 0;
    faults.beforeCommit = () => {
      reached.resolve();
      return gates[commits++]?.promise ?? Promise.resolve();
    };
    const buffer = makeBuffer(faultyKv(opened.kv, faults));
    const [one, other] = events(2).map((event) => () => buffer.append(event));
    const first = one?.().then((answer) => ({ answer, commits }));
    await reached.promise;
    const second = other?.();
    gates[0]?.resolve();
    assertEquals(await first, { answer: { kind: "accepted" }, commits: 2 });
    gates[1]?.resolve();
    assertEquals(await second, { kind: "accepted" });
  });

  Deno.test(`events appended in one turn share the first commit, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv);
    await Promise.all(events(50).map((event) => buffer.append(event)));
    assertEquals((await bufferedLines(opened.kv)).map((lines) => lines.length), [50]);
  });

  Deno.test(`a group has no more events than the limits allow, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv, { limits: { ...limits, groupSize: 10 } });
    await Promise.all(events(25).map((event) => buffer.append(event)));
    assertEquals((await bufferedLines(opened.kv)).map((lines) => lines.length), [10, 10, 5]);
  });

  Deno.test(`90 events of nearly 32 KiB each are stored in segments that KV can hold, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv);
    const sent = events(90, { text: "é".repeat(15_000) });
    const outcomes = await Promise.all(sent.map((event) => buffer.append(event)));
    assertEquals(kinds(outcomes), { accepted: 90 });
    const lines = (await bufferedLines(opened.kv)).flat();
    assertEquals(lines.toSorted(), sent.map(({ line }) => line).toSorted());
    assertEquals(await countBuffered(opened.kv), 90);
  });

  Deno.test(`the counter counts stored events, not duplicates, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv);
    const [a, b] = events(2);
    assert(a && b);
    await buffer.append(a);
    // Another process: it has no memory of them, so the claims in KV decide.
    const other = makeBuffer(opened.kv);
    const duplicate = { ...a, id: newId() };
    assertEquals(await Promise.all([other.append(duplicate), other.append(b)]), [
      { kind: "duplicate" },
      { kind: "accepted" },
    ]);
    assertEquals(await countBuffered(opened.kv), 2);
  });

  Deno.test(`2.9 if KV cannot be written, events are unavailable and nothing is stored, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    faults.commit = () => "fails";
    const buffer = makeBuffer(faultyKv(opened.kv, faults));
    const outcomes = await Promise.all(events(3).map((event) => buffer.append(event)));
    assertEquals(kinds(outcomes), { unavailable: 3 });
    assertEquals(await keysUnder(opened.kv), []);
  });

  Deno.test(`2.16 a commit that fails once is retried, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    let commits = 0;
    faults.commit = () => commits++ === 0 ? "fails" : null;
    const buffer = makeBuffer(faultyKv(opened.kv, faults));
    const outcomes = await Promise.all(events(3).map((event) => buffer.append(event)));
    assertEquals(kinds(outcomes), { accepted: 3 });
    assertEquals(await countBuffered(opened.kv), 3);
  });

  Deno.test(`a commit whose result was lost is recognized, and stores no event twice, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    faults.commit = () => "applied but fails";
    const buffer = makeBuffer(faultyKv(opened.kv, faults));
    const outcomes = await Promise.all(events(3).map((event) => buffer.append(event)));
    assertEquals(kinds(outcomes), { accepted: 3 });
    assertEquals(await countBuffered(opened.kv), 3);
  });

  Deno.test(`a lost result is recognized even if the segment was flushed since, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    let commits = 0;
    faults.commit = () => commits++ === 0 ? "applied but fails" : null;
    let reads = 0;
    faults.read = () => reads++ === 0; // the look for the segment fails once …
    const kv = faultyKv(opened.kv, faults);
    const buffer = makeBuffer(kv, {
      clock: {
        now: Date.now,
        monotonic: () => performance.now(),
        after: () => () => {},
        async sleep() { // … and by the next one it has left the buffer
          for (const key of await keysUnder(opened.kv, ...SEGMENTS)) await opened.kv.delete(key);
        },
      },
    });
    assertEquals(await buffer.append(acceptedEvent({ eventType: "page_viewed" })), {
      kind: "accepted",
    });
    assertEquals(await bufferedLines(opened.kv), [], "not buffered a second time");
  });

  Deno.test(`2.10 if it stays unknown whether an event was stored, the outcome claims neither, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    let down = false;
    faults.commit = () => {
      if (down) return "fails";
      down = true;
      return "applied but fails";
    };
    faults.read = () => down;
    const buffer = makeBuffer(faultyKv(opened.kv, faults));
    const { kind } = await buffer.append(acceptedEvent({ eventType: "page_viewed" }));
    assertEquals(kind, "failed");
    assertEquals(await countBuffered(opened.kv), 1);
  });

  Deno.test(`2.1 a replay ahead of a group that fills an operation does not affect the others, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv);
    const tiny = () => acceptedEvent({ eventType: "tiny", idempotencyKey: KEY });
    await buffer.append(tiny());
    const big = events(21, { text: "x".repeat(31_800) });
    const outcomes = await Promise.all([tiny(), ...big].map((event) => buffer.append(event)));
    assertEquals(kinds(outcomes), { replayed: 1, accepted: 21 });
    const lines = (await bufferedLines(opened.kv)).flat();
    assertEquals(big.filter(({ line }) => !lines.includes(line)), []);
    assertEquals([lines.length, await countBuffered(opened.kv)], [22, 22]);
  });

  Deno.test(`2.8 when too many bytes wait for a commit, new events are rejected with a delay, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    const held = Promise.withResolvers<void>();
    faults.beforeCommit = () => held.promise;
    const buffer = makeBuffer(faultyKv(opened.kv, faults), { maxWaitingLength: 1 });
    const answers = events(8).map((event) => offer(buffer, event));
    held.resolve();
    const outcomes = await Promise.all(answers);
    assertEquals(kinds(outcomes), { accepted: 1, overloaded: 7 });
    const refused = outcomes.find(({ kind }) => kind === "overloaded");
    assert(refused?.kind === "overloaded", refused?.kind);
    assertGreaterOrEqual(refused.retryAfterSeconds, 1);
    assertEquals(await countBuffered(opened.kv), 1);
  });

  Deno.test(`2.8 a full buffer (MAX_BUFFERED_EVENTS) accepts no more, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv, { maxBuffered: 4 });
    const outcomes: Outcome[] = [];
    for (const event of events(6)) outcomes.push(await offer(buffer, event));
    assertEquals(kinds(outcomes), { accepted: 4, overloaded: 2 });
    assertEquals(await countBuffered(opened.kv), 4);
  });

  Deno.test(`2.8 events being committed count toward the capacity, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    faults.beforeCommit = () => {
      reached.resolve();
      return held.promise;
    };
    const buffer = makeBuffer(faultyKv(opened.kv, faults), { maxBuffered: 4 });
    const [first, ...others] = events(6);
    assert(first !== undefined);
    const answers = [buffer.append(first)];
    await reached.promise;
    answers.push(...others.map((event) => offer(buffer, event)));
    held.resolve();
    assertEquals(kinds(await Promise.all(answers)), { accepted: 4, overloaded: 2 });
    assertEquals(await countBuffered(opened.kv), 4);
  });

  Deno.test(`5.3 a group claims no more keys than one operation may check, claims ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv, { limits: { ...limits, claimsPerCommit: 10 } });
    const keyed = Array.from({ length: 25 }, (_, i) =>
      acceptedEvent({
        eventType: "keyed",
        idempotencyKey: KEY.slice(0, -2) + String(i).padStart(2, "0"),
      }));
    const outcomes = await Promise.all(keyed.map((event) => buffer.append(event)));
    assertEquals(kinds(outcomes), { accepted: 25 });
    // An entry of the log takes one check, however many keys it has.
    const groups = limits.claimLog ? [25] : [10, 10, 5];
    assertEquals((await bufferedLines(opened.kv)).map((lines) => lines.length), groups);
  });

  Deno.test(`the longest possible fingerprints fit into the largest group, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv);
    // Each character takes two bytes in KV.
    const sent = Array.from({ length: limits.groupSize }, (_, i) => {
      const event = acceptedEvent({ eventType: "long", props: { i } });
      const value = String(i).padEnd(MAX_FINGERPRINT, "\u4e00");
      return { ...event, dedupKey: { by: "fingerprint", second: 1, value } as const };
    });
    const outcomes = await Promise.all(sent.map((event) => buffer.append(event)));
    assertEquals(kinds(outcomes), { accepted: limits.groupSize });
    assertEquals((await bufferedLines(opened.kv)).flat().length, limits.groupSize);
  });
}
