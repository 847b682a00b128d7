import { assertEquals, assertLessOrEqual } from "../support/assert.ts";
import type { BufferOutcome } from "../../src/events/outcome.ts";
import type { AcceptedEvent } from "../../src/events/types.ts";
import { countBuffered } from "../../src/kv/counter.ts";
import { CONNECT_LIMITS } from "../../src/kv/limits.ts";
import type { GroupCommit } from "../../src/buffer/group_commit.ts";
import { bufferedLines, makeBuffer, offer } from "../support/buffer.ts";
import { FakeClock } from "../support/clock.ts";
import { acceptedEvent } from "../support/events.ts";
import { type CommitFault, faultyKv, noFaults } from "../support/faulty_kv.ts";
import { openTestKv } from "../support/kv.ts";
import { until } from "../support/until.ts";

const NOW = Date.now();
const KEY = "0190a0b0-1111-4222-8333-444455556666";
const LIMITS = { ...CONNECT_LIMITS, groupSize: 2, claimsPerCommit: 2, commitsInFlight: 3 };

/** The same name is the same fingerprint. */
function event(name: string): AcceptedEvent {
  return acceptedEvent({ eventType: name }, undefined, () => NOW);
}

function keyed(content: string): AcceptedEvent {
  return acceptedEvent({ eventType: "keyed", idempotencyKey: KEY, props: { content } });
}

/** A commit that was begun, and waits until the test lets it go on. */
interface HeldCommit {
  go(fault?: CommitFault): void;
}

interface Fixture extends AsyncDisposable {
  readonly kv: Deno.Kv;
  readonly buffer: GroupCommit;
  /** In the order in which they began. */
  readonly commits: readonly HeldCommit[];
  /** Lets all commits go on, those to come as well. */
  release(): void;
  /** The most that were in flight at once. */
  readonly most: () => number;
}

/**
 * A buffer whose commits wait until the test lets each go on. It has read what was claimed before, as the
 * service's: until then commits begin in any order.
 */
async function openFixture(options: Parameters<typeof makeBuffer>[1] = {}): Promise<Fixture> {
  const opened = await openTestKv();
  const faults = noFaults();
  const commits: HeldCommit[] = [];
  let isReleased = false;
  let inFlight = 0;
  let most = 0;
  let fault: CommitFault = null;
  faults.beforeCommit = async () => {
    const { promise, resolve } = Promise.withResolvers<CommitFault>();
    commits.push({ go: (fault = null) => resolve(fault) });
    if (isReleased) resolve(null);
    most = Math.max(most, ++inFlight);
    fault = await promise;
    inFlight -= 1;
  };
  faults.commit = () => fault;
  const buffer = makeBuffer(faultyKv(opened.kv, faults), { limits: LIMITS, ...options });
  await buffer.open();
  return {
    kv: opened.kv,
    buffer,
    commits,
    release() {
      isReleased = true;
      for (const { go } of commits) go();
    },
    most: () => most,
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** Notes the outcome of an event when it is there. */
function note(outcomes: Map<string, BufferOutcome>, name: string, outcome: Promise<BufferOutcome>) {
  outcome.then((outcome) => outcomes.set(name, outcome));
}

Deno.test("where claims are keys several commits are in flight, and segments keep the order of events", async () => {
  await using fixture = await openFixture();
  const { buffer, commits, kv } = fixture;
  const sent = Array.from({ length: 9 }, (_, i) => event(`event_${i}`));
  const answers = sent.map((event) => buffer.append(event));
  await until(() => commits.length === 3, "three commits");
  assertEquals(await countBuffered(kv), 0);
  // The last one first: what is in flight is committed in any order.
  for (const commit of commits.toReversed()) commit.go();
  fixture.release();
  assertEquals(await Promise.all(answers), sent.map(() => ({ kind: "accepted" })));
  assertEquals(
    await bufferedLines(kv),
    [
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
      [8],
    ].map((group) => group.map((i) => sent[i]?.line ?? "")),
  );
  assertEquals(fixture.most(), 3);
});

Deno.test("an event that arrives while one commit is in flight does not wait for it", async () => {
  await using fixture = await openFixture();
  const { buffer, commits } = fixture;
  const first = buffer.append(event("first"));
  await until(() => commits.length === 1, "the first commit");
  const second = buffer.append(event("second"));
  await until(() => commits.length === 2, "the second commit");
  commits[1]?.go();
  assertEquals(await second, { kind: "accepted" });
  commits[0]?.go();
  assertEquals(await first, { kind: "accepted" });
});

Deno.test("5.11 2.2 2.3 2.4 a duplicate of an event in flight is answered after that one's commit, and holds up no other event", async () => {
  await using fixture = await openFixture();
  const { buffer, commits, kv } = fixture;
  const outcomes = new Map<string, BufferOutcome>();
  note(outcomes, "plain", buffer.append(event("twin")));
  note(outcomes, "keyed", buffer.append(keyed("a")));
  await until(() => commits.length === 1, "the first commit");
  note(outcomes, "duplicate", buffer.append(event("twin")));
  note(outcomes, "replay", buffer.append(keyed("a")));
  note(outcomes, "conflict", buffer.append(keyed("b")));
  note(outcomes, "other", buffer.append(event("other")));
  await until(() => commits.length === 2, "the commit of the other event");
  commits[1]?.go();
  await until(() => outcomes.size > 0, "an outcome");
  assertEquals([...outcomes], [["other", { kind: "accepted" }]]);
  assertEquals(await countBuffered(kv), 1);
  fixture.release();
  await until(() => outcomes.size === 6, "all outcomes");
  const { conflict, ...others } = Object.fromEntries(outcomes);
  assertEquals(others, {
    other: { kind: "accepted" },
    plain: { kind: "accepted" },
    keyed: { kind: "accepted" },
    duplicate: { kind: "duplicate" },
    replay: { kind: "replayed", eventId: null },
  });
  assertEquals(conflict?.kind, "conflict");
  assertEquals(await countBuffered(kv), 3);
});

Deno.test("5.11 2.1 2.9 a commit that fails touches no other in flight, and duplicates of its event fail with it", async () => {
  await using fixture = await openFixture();
  const { buffer, commits, kv } = fixture;
  const failing = buffer.append(event("twin"));
  await until(() => commits.length === 1, "the first commit");
  const other = buffer.append(event("other"));
  const duplicate = buffer.append(event("twin"));
  await until(() => commits.length === 2, "the second commit");
  commits[0]?.go("fails");
  for (const attempt of [2, 3]) {
    await until(() => commits.length === attempt + 1, `attempt ${attempt}`);
    commits[attempt]?.go("fails");
  }
  assertEquals((await failing).kind, "unavailable");
  assertEquals((await duplicate).kind, "unavailable");
  fixture.release();
  assertEquals(await other, { kind: "accepted" });
  assertEquals(await buffer.append(event("twin")), { kind: "accepted" }, "sent again");
  assertEquals(await countBuffered(kv), 2);
});

Deno.test("a commit in flight whose result is lost is resolved, and so are its duplicates", async () => {
  await using fixture = await openFixture();
  const { buffer, commits, kv } = fixture;
  const first = buffer.append(keyed("a"));
  await until(() => commits.length === 1, "the first commit");
  const other = buffer.append(event("other"));
  const replay = buffer.append(keyed("a"));
  await until(() => commits.length === 2, "the second commit");
  commits[0]?.go("applied but fails");
  assertEquals(await first, { kind: "accepted" });
  fixture.release();
  assertEquals(await replay, { kind: "replayed", eventId: null });
  assertEquals(await other, { kind: "accepted" });
  assertEquals(await countBuffered(kv), 2);
});

/** With ENABLE_DEDUPLICATION=false, an event without a key. */
function unclaimed(): AcceptedEvent {
  return { ...event("unclaimed"), dedupKey: { by: "nothing" } };
}

const GROUPS = {
  "claims": [event("a"), keyed("a")],
  "claims and events without": [keyed("a"), unclaimed()],
  "no claims": [unclaimed(), unclaimed()],
};

for (const [what, group] of Object.entries(GROUPS)) {
  Deno.test(`2.1 8.1 a commit with ${what} that the client repeats stores its events once, and starts a flush`, async () => {
    const totals: number[] = [];
    await using fixture = await openFixture({ onBuffered: (total) => totals.push(total) });
    const { buffer, commits, kv } = fixture;
    const answers = group.map((event) => buffer.append(event));
    await until(() => commits.length === 1, "a commit");
    commits[0]?.go("repeated");
    await until(() => totals.length > 0, "a flush to be scheduled");
    fixture.release();
    assertEquals(await Promise.all(answers), [{ kind: "accepted" }, { kind: "accepted" }]);
    assertEquals((await bufferedLines(kv)).flat(), group.map(({ line }) => line));
    assertEquals([totals, await countBuffered(kv)], [[2], 2]);
  });
}

Deno.test("settled() waits for all commits in flight, and for the duplicates of their events", async () => {
  await using fixture = await openFixture();
  const { buffer, commits } = fixture;
  const answers = ["a", "b", "c", "d", "a"].map((name) => buffer.append(event(name)));
  let isSettled = false;
  const settled = buffer.settled().then(() => isSettled = true);
  await until(() => commits.length === 2, "two commits");
  commits[1]?.go();
  await answers[2];
  assertEquals(isSettled, false);
  commits[0]?.go();
  assertEquals((await Promise.all(answers)).map(({ kind }) => kind), [
    "accepted",
    "accepted",
    "accepted",
    "accepted",
    "duplicate",
  ]);
  await settled;
});

Deno.test("2.8 events of all commits in flight count toward the capacity, and duplicates of them until they are settled", async () => {
  await using fixture = await openFixture({ maxBuffered: 7 });
  const { buffer, commits, kv } = fixture;
  const first = ["a", "b", "c", "d"].map((name) => offer(buffer, event(name)));
  await until(() => commits.length === 2, "two commits");
  const more = ["e", "f", "a", "g"].map((name) => offer(buffer, event(name)));
  assertEquals((await more.at(-1))?.kind, "overloaded", "six events and a duplicate of one");
  fixture.release();
  const kinds = (await Promise.all([...first, ...more])).map(({ kind }) => kind);
  assertEquals(kinds.filter((kind) => kind === "accepted").length, 6);
  assertEquals(kinds[6], "duplicate");
  assertEquals(await countBuffered(kv), 6);
  assertEquals((await offer(buffer, event("h"))).kind, "accepted");
  assertEquals((await offer(buffer, event("i"))).kind, "overloaded");
});

Deno.test("2.8 events in flight and their duplicates count toward the bytes that may wait", async () => {
  const { line: { length } } = event("twin");
  await using fixture = await openFixture({ maxWaitingLength: 5 * length });
  const { buffer, commits } = fixture;
  const first = offer(buffer, event("twin"));
  await until(() => commits.length === 1, "the first commit");
  const others = Array.from({ length: 20 }, () => offer(buffer, event("twin")));
  fixture.release();
  assertEquals((await first).kind, "accepted");
  const kinds = (await Promise.all(others)).map(({ kind }) => kind);
  assertEquals(kinds, others.map((_, i) => i < 4 ? "duplicate" : "overloaded"));
  assertEquals((await offer(buffer, event("other"))).kind, "accepted");
});

Deno.test("2.8 duplicates of an event in flight make KV look no slower than it is", async () => {
  const clock = new FakeClock();
  await using fixture = await openFixture({ clock, maxWaitMs: 100 });
  const { buffer, commits } = fixture;
  const first = offer(buffer, event("first"));
  await until(() => commits.length === 1, "a commit");
  await clock.advance(50);
  commits[0]?.go();
  await first;
  const twins = Array.from({ length: 2 }, () => offer(buffer, event("twin")));
  await until(() => commits.length === 2, "the commit of the twin");
  for (let i = 0; i < 100; i++) {
    twins.push(offer(buffer, event("twin")));
    await Promise.resolve();
  }
  const other = offer(buffer, event("other"));
  await until(() => commits.length === 3, "a commit of one event");
  const another = offer(buffer, event("another"));
  fixture.release();
  const kinds = (await Promise.all([other, another, ...twins])).map(({ kind }) => kind);
  assertEquals(kinds, ["accepted", "accepted", "accepted", ...Array(101).fill("duplicate")]);
});

Deno.test("10,000 duplicates of one event in flight are answered at once when it is stored", async () => {
  await using fixture = await openFixture();
  const { buffer, commits } = fixture;
  const first = buffer.append(event("twin"));
  await until(() => commits.length === 1, "the first commit");
  const others = Array.from({ length: 10_000 }, () => buffer.append(event("twin")));
  fixture.release();
  await first;
  const kinds = new Set((await Promise.all(others)).map(({ kind }) => kind));
  assertEquals([...kinds], ["duplicate"]);
  assertLessOrEqual(commits.length, 1, "no commit for duplicates");
});
