import type { AcceptedEvent } from "../../src/events/types.ts";
import type { GroupCommitOptions } from "../../src/buffer/group_commit.ts";
import type { Claim } from "../../src/kv/claim.ts";
import { encodeKeyEntry } from "../../src/kv/key_entry.ts";
import {
  correctionKey,
  idempotencyKey,
  KEY_LOG,
  keyLogKey,
  LOG_HEAD,
  SEGMENTS,
} from "../../src/kv/keys.ts";
import type { Kv } from "../../src/kv/port.ts";
import { assertEquals } from "../support/assert.ts";
import { makeBuffer } from "../support/buffer.ts";
import { FakeClock } from "../support/clock.ts";
import { acceptedEvent } from "../support/events.ts";
import { faultyKv, noFaults } from "../support/faulty_kv.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";
import { newId } from "../support/ids.ts";
import { until } from "../support/until.ts";

const KEY = "0190a0b0-1111-4222-8333-444455556666";
const TTL_MS = 3_600_000;

function keyed(key = KEY, props: Record<string, unknown> = {}): AcceptedEvent {
  return acceptedEvent({ eventType: "license_created", idempotencyKey: key, props });
}

function hashOf({ dedupKey }: AcceptedEvent): string {
  return dedupKey.by === "idempotency_key" ? dedupKey.contentHash : "";
}

async function open(kv: Kv, options: Partial<GroupCommitOptions> = {}) {
  const buffer = makeBuffer(kv, options);
  await buffer.open();
  return buffer;
}

/** A KV whose lists of older entries wait. */
function slowLists(kv: Deno.Kv, gate: Promise<void>): Deno.Kv {
  return new Proxy(kv, {
    get(target, property) {
      const value = Reflect.get(target, property, target);
      if (property !== "list") return typeof value === "function" ? value.bind(target) : value;
      return async function* (...args: Parameters<Kv["list"]>) {
        if ("end" in args[0]) await gate;
        yield* target.list(...args);
      };
    },
  });
}

Deno.test("5.4 a commit claims all of its keys by one entry, and no key of its own", async () => {
  await using opened = await openTestKv();
  const buffer = makeBuffer(opened.kv);
  const events = Array.from({ length: 150 }, () => keyed(crypto.randomUUID()));
  await Promise.all(events.map((event) => buffer.append(event)));
  assertEquals((await keysUnder(opened.kv, ...KEY_LOG)).length, 1);
  assertEquals(await keysUnder(opened.kv, "idempotency"), []);
});

Deno.test("5.10 a start waits two seconds for keys at most, and goes on reading in the background", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const clock = new FakeClock();
  const first = makeBuffer(kv, { clock });
  const keys = Array.from({ length: 60 }, () => crypto.randomUUID());
  for (const key of keys) await first.append(keyed(key));
  const gate = Promise.withResolvers<void>();
  const second = makeBuffer(slowLists(kv, gate.promise), { clock });
  const opening = second.open();
  const answers = [keys.at(-1), keys[0]].map((key) => second.append(keyed(key)));
  await clock.during(opening);
  const kinds = (await Promise.all(answers)).map(({ kind }) => kind);
  assertEquals(kinds, ["replayed", "accepted"], "an old key is not known yet");
  gate.resolve();
  await until(() => second.findClaim(keys[3] ?? ""), "an old key to be known");
  assertEquals((await second.append(keyed(keys[3]))).kind, "replayed");
});

Deno.test("5.4 keys claimed by a version without the log, or while it was off, still count", async () => {
  await using opened = await openTestKv();
  const event = keyed();
  const claim: Claim = {
    deadline: Date.now() + 60_000,
    eventId: newId(),
    segment: "gone",
    contentHash: hashOf(event),
  };
  await opened.kv.set(idempotencyKey(KEY), claim);
  const buffer = await open(opened.kv);
  assertEquals(await buffer.append(event), { kind: "replayed", eventId: claim.eventId });
  assertEquals((await buffer.append(keyed(KEY, { other: 1 }))).kind, "conflict");
});

Deno.test("5.10 a process that was idle for thousands of entries starts reading anew, newest first", async () => {
  await using opened = await openTestKv();
  const { kv } = opened;
  const idle = await open(kv);
  await idle.append(keyed(crypto.randomUUID()));
  const event = keyed();
  const times = { at: Date.now(), deadline: Date.now() + TTL_MS };
  for (let from = 1; from < 2_300; from += 400) {
    const operation = kv.atomic();
    for (let number = from; number < from + 400; number++) {
      const key = number === 3 ? KEY : crypto.randomUUID();
      const claim = { key, eventId: newId(), contentHash: hashOf(event), segment: "s" };
      operation.set(keyLogKey(number), encodeKeyEntry({ segment: "s", ...times }, [claim]));
    }
    await operation.set(LOG_HEAD, from + 400).commit();
  }
  assertEquals((await idle.append(event)).kind, "replayed");
  assertEquals((await kv.get(LOG_HEAD)).value, 2_401);
});

Deno.test("2.3 a lost result is recognized by the entry of keys, even if the segment was flushed since", async () => {
  await using opened = await openTestKv();
  const faults = noFaults();
  const buffer = await open(faultyKv(opened.kv, faults));
  await buffer.append(keyed(crypto.randomUUID()));
  let lost = 0;
  faults.commit = () => lost++ === 0 ? "applied but fails" : null;
  faults.beforeRead = async () => {
    for (const key of await keysUnder(opened.kv, ...SEGMENTS)) await opened.kv.delete(key);
  };
  assertEquals(await buffer.append(keyed()), { kind: "accepted" });
  faults.beforeRead = () => Promise.resolve();
  assertEquals((await keysUnder(opened.kv, ...KEY_LOG)).length, 2);
  assertEquals((await buffer.append(keyed())).kind, "replayed");
});

Deno.test("2.9 an event whose key may be claimed is not stored while KV cannot be read", async () => {
  await using opened = await openTestKv();
  const faults = noFaults();
  const clock = new FakeClock();
  const buffer = makeBuffer(faultyKv(opened.kv, faults), { clock });
  await buffer.append(keyed());
  faults.read = () => true;
  const { kind } = await clock.during(buffer.append(keyed()));
  assertEquals(kind, "unavailable");
  faults.read = () => false;
  assertEquals((await buffer.append(keyed())).kind, "replayed");
});

Deno.test("5.4 a shorter IDEMPOTENCY_TTL_SECONDS also holds for keys claimed before", async () => {
  await using opened = await openTestKv();
  const clock = new FakeClock();
  await makeBuffer(opened.kv, { clock, idempotencyTtlMs: TTL_MS }).append(keyed());
  const buffer = await open(opened.kv, { clock, idempotencyTtlMs: 60_000 });
  await clock.advance(59_999);
  assertEquals((await buffer.append(keyed())).kind, "replayed");
  await clock.advance(1);
  assertEquals((await buffer.append(keyed())).kind, "accepted");
});

Deno.test("9.4 a process finds the claim of a key that another committed since", async () => {
  await using opened = await openTestKv();
  const [one, two] = [await open(opened.kv), await open(opened.kv)];
  const event = keyed();
  assertEquals(await one.findClaim(KEY), null);
  await one.append(event);
  assertEquals((await two.findClaim(KEY))?.eventId, event.id);
  assertEquals((await one.findClaim(KEY))?.eventId, event.id);
  assertEquals(await two.findClaim(crypto.randomUUID()), null);
});

Deno.test("8.17 a damaged correction frees its key, and Postgres has the last word", async () => {
  await using opened = await openTestKv();
  const buffer = await open(opened.kv);
  for (const damage of [null, 7, "x", {}, { kind: "row", eventId: 7 }, { kind: "buffered" }]) {
    const key = crypto.randomUUID();
    const event = keyed(key);
    await buffer.append(event);
    await opened.kv.set(correctionKey(event.id, key), damage);
    assertEquals((await buffer.append(keyed(key))).kind, "accepted", Deno.inspect(damage));
  }
});
