import { assert, assertEquals, assertLessOrEqual } from "../support/assert.ts";
import fc from "fast-check";
import type { BufferOutcome } from "../../src/events/outcome.ts";
import type { AcceptedEvent } from "../../src/events/types.ts";
import { countBuffered } from "../../src/kv/counter.ts";
import { SEGMENTS } from "../../src/kv/keys.ts";
import { bufferedLines, makeBuffer as makeBufferWith, offer } from "../support/buffer.ts";
import { LOCAL_LIMITS, MANAGED_LIMITS } from "../../src/kv/limits.ts";
import { FakeClock } from "../support/clock.ts";
import { acceptedEvent } from "../support/events.ts";
import { faultyKv, noFaults } from "../support/faulty_kv.ts";
import { forever, makeFlusher, MemorySink } from "../support/flusher.ts";
import { newId } from "../support/ids.ts";
import { openTestKv } from "../support/kv.ts";

const NOW = Date.now();
const KEY = "0190a0b0-1111-4222-8333-444455556666";

/** A duplicate: the same fingerprint or key, another id. */
function event(eventType = "page_viewed", idempotencyKey?: string): AcceptedEvent {
  return acceptedEvent({ eventType, idempotencyKey }, undefined, () => NOW);
}

function keyed(props: Record<string, unknown> = {}): AcceptedEvent {
  return acceptedEvent({ eventType: "license_created", idempotencyKey: KEY, props });
}

const WAYS = { "in a log": LOCAL_LIMITS, "by keys": MANAGED_LIMITS };

for (const [how, limits] of Object.entries(WAYS)) {
  const makeBuffer: typeof makeBufferWith = (kv, options) =>
    makeBufferWith(kv, { limits, ...options });

  Deno.test(`2.2 the same fingerprint is stored once, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv);
    assertEquals(await buffer.append(event()), { kind: "accepted" });
    assertEquals(await buffer.append(event()), { kind: "duplicate" });
    assertEquals(await countBuffered(opened.kv), 1);
  });

  Deno.test(`5.2 another process on the same KV stores no duplicate either, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    await makeBuffer(opened.kv).append(event());
    assertEquals(await makeBuffer(opened.kv).append(event()), { kind: "duplicate" });
    assertEquals(await countBuffered(opened.kv), 1);
  });

  Deno.test(`5.2 duplicates at the same instant in two processes make one event, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const [a, b] = [makeBuffer(opened.kv), makeBuffer(opened.kv)];
    const types = Array.from({ length: 200 }, (_, i) => `event_${i}`);
    const answers = await Promise.all(
      types.flatMap((type) => [a.append(event(type)), b.append(event(type))]),
    );
    assertEquals(answers.filter(({ kind }) => kind === "accepted").length, 200);
    assertEquals(answers.filter(({ kind }) => kind === "duplicate").length, 200);
    assertEquals(await countBuffered(opened.kv), 200);
  });

  Deno.test(`5.2 looking for one event's duplicate does not overlook another's, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const [a, b] = [makeBuffer(opened.kv), makeBuffer(opened.kv)];
    await a.append(event("known_to_a"));
    await b.append(event("taken_by_b_meanwhile"));
    const answers = [a.append(event("known_to_a")), a.append(event("taken_by_b_meanwhile"))];
    assertEquals(await Promise.all(answers), [{ kind: "duplicate" }, { kind: "duplicate" }]);
    assertEquals(await countBuffered(opened.kv), 2);
  });

  Deno.test(`5.2 any interleaving of duplicates over two processes stores one of each, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    let round = 0;
    const arrival = fc.record({ process: fc.nat(1), duplicate: fc.nat(4), turns: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { minLength: 1, maxLength: 30 }), async (arrivals) => {
        round += 1;
        const buffers = [makeBuffer(opened.kv), makeBuffer(opened.kv)];
        const answers: Promise<BufferOutcome>[] = [];
        for (const { process, duplicate, turns } of arrivals) {
          const append = buffers[process]?.append(event(`round_${round}_${duplicate}`));
          if (append) answers.push(append);
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        }
        const accepted = (await Promise.all(answers)).filter(({ kind }) => kind === "accepted");
        assertEquals(accepted.length, new Set(arrivals.map(({ duplicate }) => duplicate)).size);
      }),
      { numRuns: 50 },
    );
  });

  Deno.test(`5.1 a fingerprint is free again after its TTL, even if KV still has the entry, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const clock = new FakeClock();
    const buffer = makeBuffer(opened.kv, { clock });
    assertEquals(await buffer.append(event()), { kind: "accepted" });
    await clock.advance(59_999);
    assertEquals(await buffer.append(event()), { kind: "duplicate" });
    assertEquals(await makeBuffer(opened.kv, { clock }).append(event()), { kind: "duplicate" });
    await clock.advance(1);
    assertEquals(await buffer.append(event()), { kind: "accepted" });
    assertEquals(await makeBuffer(opened.kv, { clock }).append(event()), { kind: "duplicate" });
  });

  Deno.test(`5.3 events with idempotency keys are compared by their keys alone, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv);
    const outcomes = [
      await buffer.append(event("page_viewed")),
      await buffer.append(event("page_viewed", KEY)),
      await buffer.append(event("page_viewed", KEY.replace("0190", "0191"))),
    ];
    assertEquals(outcomes.map(({ kind }) => kind), ["accepted", "accepted", "accepted"]);
  });

  Deno.test(`2.3 a replay gets no id while the event is buffered, and its id afterwards, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv);
    const first = keyed();
    assertEquals(await buffer.append(first), { kind: "accepted" });
    assertEquals(await buffer.append(keyed()), { kind: "replayed", eventId: null });
    for await (const { key } of opened.kv.list({ prefix: SEGMENTS })) await opened.kv.delete(key);
    assertEquals(await buffer.append(keyed()), { kind: "replayed", eventId: first.id });
  });

  Deno.test(`2.3 the id a replay gets depends on its own segment, even in a group of several, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv);
    const events = () =>
      [0, 1, 2].map((n) =>
        acceptedEvent({
          eventType: "license_created",
          idempotencyKey: KEY.replace("0190", `019${n}`),
          props: { text: "x".repeat(30_000) },
        })
      );
    const sent = events();
    await Promise.all(sent.map((event) => buffer.append(event)));
    const [first, ...others] = await Array.fromAsync(opened.kv.list({ prefix: SEGMENTS }));
    assertEquals([first !== undefined, others.length], [true, 1]);
    if (first) await opened.kv.delete(first.key);
    const replays = await Promise.all(events().map((event) => buffer.append(event)));
    assertEquals(replays, [
      { kind: "replayed", eventId: sent[0]?.id ?? "" },
      { kind: "replayed", eventId: sent[1]?.id ?? "" },
      { kind: "replayed", eventId: null },
    ]);
  });

  for (
    const [what, rowId] of [["rejects its event", null], ["finds another row", newId()]] as const
  ) {
    Deno.test(`2.3 a replay that arrives while a flush ${what} names no event that is no row, claims ${how}`, async () => {
      await using opened = await openTestKv();
      const faults = noFaults();
      const buffer = makeBuffer(faultyKv(opened.kv, faults));
      const first = keyed();
      await buffer.append(first);
      const sink = new MemorySink();
      const unstored = { eventId: first.id, idempotencyKey: KEY, rowId };
      sink.answer = () => ({
        ok: true,
        stored: 0,
        replays: rowId === null ? [] : [unstored],
        dead: rowId === null ? [unstored] : [],
      });
      // After the replay has read the claim, and before it reads the segment.
      let reads = 0;
      faults.beforeRead = async () => {
        reads += 1;
        if (reads === 2) await makeFlusher(opened.kv, sink).flush("forced", forever);
      };
      const outcome = await buffer.append(keyed());
      assertEquals(await countBuffered(opened.kv), 0);
      assert(outcome.kind === "replayed", outcome.kind);
      assert(outcome.eventId === rowId || outcome.eventId === null, `${outcome.eventId}`);
      assertEquals(await buffer.append(keyed()), { kind: "replayed", eventId: rowId });
    });
  }

  Deno.test(`2.4 the same key with a different event is a conflict, and stores nothing, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv);
    await buffer.append(keyed({ plan: "a" }));
    const { kind } = await buffer.append(keyed({ plan: "b" }));
    assertEquals(kind, "conflict");
    assertEquals(await countBuffered(opened.kv), 1);
  });

  Deno.test(`5.4 KV forgets a key after IDEMPOTENCY_TTL_SECONDS, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const clock = new FakeClock();
    const buffer = makeBuffer(opened.kv, { clock, idempotencyTtlMs: 3_600_000 });
    await buffer.append(keyed());
    await clock.advance(3_599_999);
    assertEquals((await buffer.append(keyed())).kind, "replayed");
    await clock.advance(1);
    assertEquals((await buffer.append(keyed())).kind, "accepted");
  });

  Deno.test(`3.4 equal events of one batch are duplicates of one another, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv);
    const outcomes = await Promise.all([
      buffer.append(event()),
      buffer.append(event()),
      buffer.append(keyed()),
      buffer.append(keyed()),
      buffer.append(keyed({ other: true })),
    ]);
    assertEquals(outcomes.map(({ kind }) => kind), [
      "accepted",
      "duplicate",
      "accepted",
      "replayed",
      "conflict",
    ]);
    assertEquals((await bufferedLines(opened.kv)).flat().length, 2);
  });

  Deno.test(`a duplicate of an event that was rejected is accepted, fingerprints ${how}`, async () => {
    await using opened = await openTestKv();
    const buffer = makeBuffer(opened.kv, { maxWaitingLength: 1 });
    const first = buffer.append(event());
    assertEquals((await offer(buffer, event())).kind, "overloaded");
    assertEquals(await first, { kind: "accepted" });
    assertEquals(await buffer.append(event()), { kind: "duplicate" });
  });
}

for (const [how, limits] of Object.entries(WAYS)) {
  Deno.test(`a replayed batch takes few rounds of reads, however many keys it has, claims ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    const buffer = makeBufferWith(faultyKv(opened.kv, faults), { limits });
    const batch = () =>
      Array.from(
        { length: 50 },
        (_, i) =>
          acceptedEvent({ eventType: "e", idempotencyKey: KEY.slice(0, -2) + String(10 + i) }),
      );
    await Promise.all(batch().map((event) => buffer.append(event)));
    // Reads that begin in the same turn are one round.
    let rounds = 0;
    let reads = 0;
    let round: Promise<void> | null = null;
    faults.beforeRead = () => {
      reads += 1;
      return round ??= Promise.resolve().then(() => {
        rounds += 1;
        round = null;
      });
    };
    const outcomes = await Promise.all(batch().map((event) => buffer.append(event)));
    assertEquals(outcomes, batch().map(() => ({ kind: "replayed", eventId: null })));
    // The claims, the segment; in the log its head, the entry, the segment, and then the corrections.
    assertLessOrEqual(rounds, limits.claimLog ? 4 : 2);
    assertLessOrEqual(reads, limits.claimLog ? 8 : 6);
  });
}

for (const [how, limits] of Object.entries(WAYS)) {
  Deno.test(`3.4 any number of equal events that wait together need one commit, claims ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    const buffer = makeBufferWith(faultyKv(opened.kv, faults), { limits });
    let commits = 0;
    let reads = 0;
    faults.commit = () => {
      commits += 1;
      return null;
    };
    faults.beforeRead = () => {
      reads += 1;
      return Promise.resolve();
    };
    const send = (make: (n: number) => AcceptedEvent) =>
      Promise.all(Array.from({ length: 300 }, (_, n) => buffer.append(make(n))));
    const fingerprints = await send(() => event());
    assertEquals(fingerprints[0], { kind: "accepted" });
    assertEquals(new Set(fingerprints.slice(1).map(({ kind }) => kind)), new Set(["duplicate"]));
    const keys = await send((n) => keyed({ plan: n % 3 }));
    assertEquals(keys[0], { kind: "accepted" });
    assertEquals(
      keys.slice(1).map(({ kind }) => kind),
      Array.from({ length: 299 }, (_, n) => (n + 1) % 3 === 0 ? "replayed" : "conflict"),
    );
    assertLessOrEqual(commits, 4, "the first of a process may fail, if it has read nothing yet");
    commits = 0;
    reads = 0;
    const again = await send((n) => keyed({ plan: (n + 1) % 3 }));
    assertEquals(
      again.map(({ kind }) => kind),
      Array.from({ length: 300 }, (_, n) => (n + 1) % 3 === 0 ? "replayed" : "conflict"),
    );
    assertLessOrEqual(commits, 3, "one for each content");
    assertLessOrEqual(reads, 12);
  });

  Deno.test(`2.9 equal events that wait together are refused together if KV fails, claims ${how}`, async () => {
    await using opened = await openTestKv();
    const faults = noFaults();
    const clock = new FakeClock();
    const buffer = makeBufferWith(faultyKv(opened.kv, faults), { limits, clock });
    let commits = 0;
    faults.commit = () => {
      commits += 1;
      return "fails";
    };
    const send = () =>
      Promise.all(Array.from({ length: 10 }, (_, n) => buffer.append(n % 2 ? event() : keyed())));
    const outcomes = await clock.during(send());
    assertEquals(new Set(outcomes.map(({ kind }) => kind)), new Set(["unavailable"]));
    assertEquals(commits, 3);
    faults.commit = () => null;
    const kinds = (await clock.during(send())).map(({ kind }) => kind);
    assertEquals(kinds.toSorted(), [
      ...["accepted", "accepted"],
      ...Array(4).fill("duplicate"),
      ...Array(4).fill("replayed"),
    ]);
  });
}
