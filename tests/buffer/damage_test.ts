import { idempotencyKey, LOG, LOG_HEAD } from "../../src/kv/keys.ts";
import { assertEquals } from "../support/assert.ts";
import { bufferedLines, makeBuffer } from "../support/buffer.ts";
import { acceptedEvent } from "../support/events.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";

const sessionId = crypto.randomUUID();
const at = Date.now();

function event(eventType: string, key?: string) {
  const keyed = key === undefined ? {} : { idempotencyKey: key };
  return acceptedEvent({ eventType, sessionId, ...keyed }, undefined, () => at);
}

Deno.test("8.10 damaged fingerprints in the log of claims stop no commit, and the others still count", async () => {
  for (const damage of [null, "x", 7, {}, { fingerprints: "x", deadline: at + 60_000 }]) {
    await using opened = await openTestKv();
    const { kv } = opened;
    const first = makeBuffer(kv);
    for (const type of ["a", "b", "c"]) await first.append(event(type));
    const [, second = []] = await keysUnder(kv, ...LOG);
    await kv.set(second, damage);
    const other = makeBuffer(kv); // another process, which reads the log
    const kinds = [];
    for (const type of ["a", "c", "d"]) kinds.push((await other.append(event(type))).kind);
    assertEquals(kinds, ["duplicate", "duplicate", "accepted"], Deno.inspect(damage));
  }
});

Deno.test("8.10 a damaged head of the log of claims stops no commit", async () => {
  await using opened = await openTestKv();
  await makeBuffer(opened.kv).append(event("a"));
  await opened.kv.set(LOG_HEAD, "x");
  const other = makeBuffer(opened.kv);
  assertEquals(await other.append(event("a")), { kind: "duplicate" });
  assertEquals(await other.append(event("b")), { kind: "accepted" });
  assertEquals(await makeBuffer(opened.kv).append(event("b")), { kind: "duplicate" });
});

Deno.test("8.10 the claim of a key without a value is replaced, and holds up no event of its group", async () => {
  await using opened = await openTestKv();
  const key = crypto.randomUUID();
  await opened.kv.set(idempotencyKey(key), null);
  const buffer = makeBuffer(opened.kv);
  const outcomes = await Promise.all([event("a", key), event("b")].map((e) => buffer.append(e)));
  assertEquals(outcomes.map(({ kind }) => kind), ["accepted", "accepted"]);
  assertEquals((await bufferedLines(opened.kv)).flat().length, 2);
  assertEquals(await buffer.append(event("a", key)), { kind: "replayed", eventId: null });
});

Deno.test("8.10 a damaged claim of a key is none: its events are accepted, and their neighbours too", async () => {
  const eventId = crypto.randomUUID();
  const good = { eventId, segment: "s", deadline: at + 60_000 };
  const damages = [
    5,
    "x",
    {},
    new Uint8Array(3),
    { ...good, deadline: "x" },
    { ...good, deadline: Infinity },
    { ...good, deadline: NaN },
    { ...good, segment: null },
    { ...good, eventId: 5 },
  ];
  for (const damage of damages) {
    await using opened = await openTestKv();
    const key = crypto.randomUUID();
    await opened.kv.set(idempotencyKey(key), damage);
    const buffer = makeBuffer(opened.kv);
    const outcomes = await Promise.all([event("a", key), event("b")].map((e) => buffer.append(e)));
    assertEquals(outcomes.map(({ kind }) => kind), ["accepted", "accepted"], Deno.inspect(damage));
  }
});

Deno.test("8.10 fingerprints in the log of claims count for every process after its head was damaged", async () => {
  for (const damage of ["x", null, 0, -1, NaN, 1e308]) {
    await using opened = await openTestKv();
    const one = makeBuffer(opened.kv);
    await one.append(event("a"));
    await one.append(event("b"));
    await opened.kv.set(LOG_HEAD, damage);
    const two = makeBuffer(opened.kv);
    const kinds = [(await two.append(event("c"))).kind, (await one.append(event("c"))).kind];
    assertEquals(kinds, ["accepted", "duplicate"], Deno.inspect(damage));
  }
});

for (const head of [2 ** 53 - 1, 2 ** 53, 1e300, -7, 0.5, 0]) {
  Deno.test(`8.18 with ${head} as the head of the fingerprint log, no process overlooks an entry`, async () => {
    await using opened = await openTestKv();
    const [a, b] = [makeBuffer(opened.kv), makeBuffer(opened.kv)];
    for (const type of ["a", "b", "c"]) await a.append(event(type));
    await opened.kv.set(LOG_HEAD, head);
    const outcomes = [];
    for (const type of ["c", "d", "e"]) {
      for (const buffer of [b, a, makeBuffer(opened.kv)]) {
        outcomes.push((await buffer.append(event(type))).kind);
      }
    }
    const once = ["accepted", "duplicate", "duplicate"];
    assertEquals(outcomes, ["duplicate", "duplicate", "duplicate", ...once, ...once]);
    assertEquals(await makeBuffer(opened.kv).append(event("d")), { kind: "duplicate" });
  });
}

Deno.test("8.18 a damaged head hides no entry that another process adds behind it", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const a = makeBuffer(kv);
  for (const type of ["a", "b", "c"]) await a.append(event(type));
  for (const key of await keysUnder(kv, ...LOG)) await kv.delete(key); // expired
  await kv.set(LOG_HEAD, 0);
  assertEquals(await makeBuffer(kv).append(event("d")), { kind: "accepted" });
  assertEquals(await a.append(event("d")), { kind: "duplicate" });
});
