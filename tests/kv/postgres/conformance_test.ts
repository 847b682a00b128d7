/** What `src/kv/port.ts` says, on each implementation that runs everywhere. */

import fc from "fast-check";
import type { Kv, KvEntry, KvKey } from "../../../src/kv/port.ts";
import { isU64, toU64 } from "../../../src/kv/port.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { openTestKv, type TestKv } from "../../support/kv.ts";
import { makePostgresKv, openTestPostgresKv } from "../../support/postgres_kv.ts";
import { until } from "../../support/until.ts";

const place = await makePostgresKv();
Deno.test.afterAll(async () => await place[Symbol.asyncDispose]());

const OPEN: Readonly<Record<string, () => Promise<TestKv>>> = {
  "a file": openTestKv,
  "PostgreSQL": () => openTestPostgresKv(place),
};

const MODULUS = 2n ** 64n;
let tests = 0;

/** Runs a test on each KV, below a prefix of its own. */
function test(name: string, work: (kv: Kv, prefix: string) => Promise<void>): void {
  for (const [where, open] of Object.entries(OPEN)) {
    Deno.test(`8.22 in ${where}, ${name}`, async () => {
      await using opened = await open();
      await work(opened.kv, `test ${tests++}`);
    });
  }
}

async function commit(operation: ReturnType<Kv["atomic"]>): Promise<string> {
  const result = await operation.commit();
  assert(result.ok, "the commit was applied");
  return result.versionstamp;
}

async function keysOf(entries: AsyncIterable<KvEntry<unknown>>): Promise<KvKey[]> {
  return await Array.fromAsync(entries, ({ key }) => key);
}

test("values are returned as they were", async (kv, prefix) => {
  const values = [
    null,
    undefined,
    true,
    -0.5,
    2n ** 70n,
    "text \0 \ufeff 😀",
    new Uint8Array([0, 255, 92]),
    new Uint8Array(),
    new Uint8Array(65_000).fill(7),
    { list: [1, { at: new Date(0) }], map: new Map([["a", new Set([1])]]) },
  ];
  for (const value of values) {
    const set = await kv.set([prefix, "value"], value);
    const entry = await kv.get([prefix, "value"]);
    assertEquals(entry.value, value);
    assertEquals(entry.versionstamp, set.versionstamp);
    assertEquals(entry.key, [prefix, "value"]);
  }
  const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
  await kv.set([prefix, "value"], view);
  assertEquals((await kv.get([prefix, "value"])).value, new Uint8Array([2, 3]));
  await kv.delete([prefix, "value"]);
  const absent = { key: [prefix, "value"], value: null, versionstamp: null };
  assertEquals(await kv.get([prefix, "value"]), absent);
  assertEquals(await kv.getMany([[prefix, "value"], [prefix, "value"]]), [absent, absent]);
});

const part = fc.oneof(
  fc.double({ noNaN: true }).map((number) => number === 0 ? 0 : number),
  fc.string({ unit: "grapheme", maxLength: 4 }),
  fc.constantFrom("", "\0", "\0a", "a", "a\0", "\xff", "\uffff", "😀", -1, 0, 1, 1e300, -Infinity),
);

test("keys are in the order of their parts", async (kv, prefix) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.array(part, { minLength: 1, maxLength: 3 }), {
        selector: (key) => JSON.stringify(key),
        maxLength: 12,
      }),
      fc.nat(),
      async (parts, run) => {
        const keys = parts.map((key) => [prefix, run, ...key]);
        for (const key of keys) await kv.set(key, key);
        const entries = await Array.fromAsync(kv.list({ prefix: [prefix, run] }));
        assertEquals(entries.map(({ key }) => key), keys.toSorted(compareKeys));
        for (const { key, value } of entries) assertEquals(key, value);
        for (const key of keys) await kv.delete(key);
      },
    ),
    { numRuns: 20 },
  );
});

/** As the port says: a prefix first, numbers after strings as in Deno KV. */
function compareKeys(a: KvKey, b: KvKey): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i], b[i]];
    if (typeof x === "number" && typeof y === "number") {
      if (x !== y) return x - y;
    } else if (typeof x !== typeof y) return typeof x === "string" ? -1 : 1;
    else if (x !== y) return compareBytes(String(x), String(y));
  }
  return a.length - b.length;
}

function compareBytes(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => new TextEncoder().encode(text));
  for (let i = 0; i < Math.min(x?.length ?? 0, y?.length ?? 0); i++) {
    if (x?.[i] !== y?.[i]) return (x?.[i] ?? 0) - (y?.[i] ?? 0);
  }
  return (x?.length ?? 0) - (y?.length ?? 0);
}

test("a list has its range, limit, direction and cursor", async (kv, prefix) => {
  for (let i = 0; i < 9; i++) await kv.set([prefix, i], i);
  await kv.set([prefix], "the prefix itself");
  await kv.set([`${prefix}0`, 0], "another prefix");
  const numbers = async (...args: Parameters<Kv["list"]>) =>
    (await keysOf(kv.list(...args))).map(([, number]) => number);
  assertEquals(await numbers({ prefix: [prefix] }, { batchSize: 2 }), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assertEquals(await numbers({ prefix: [prefix], start: [prefix, 7] }), [7, 8]);
  assertEquals(await numbers({ prefix: [prefix], end: [prefix, 2] }), [0, 1]);
  assertEquals(await numbers({ start: [prefix, 2], end: [prefix, 4] }), [2, 3]);
  const backwards = { reverse: true, limit: 5, batchSize: 2 };
  assertEquals(await numbers({ prefix: [prefix] }, backwards), [8, 7, 6, 5, 4]);
  for (const reverse of [false, true]) {
    const first = kv.list({ prefix: [prefix] }, { reverse, limit: 3 });
    await keysOf(first);
    const rest = await numbers({ prefix: [prefix] }, { reverse, cursor: first.cursor });
    assertEquals(rest, reverse ? [5, 4, 3, 2, 1, 0] : [3, 4, 5, 6, 7, 8]);
  }
});

test("versionstamps grow, and a check compares them", async (kv, prefix) => {
  const key = [prefix, "a"];
  const first = await commit(kv.atomic().check({ key, versionstamp: null }).set(key, 1));
  const stale = await kv.atomic().check({ key, versionstamp: null }).set(key, 2).commit();
  assertEquals(stale, { ok: false });
  const second = await commit(kv.atomic().check({ key, versionstamp: first }).set(key, 3));
  assertEquals([second, first].toSorted(), [first, second]);
  const both = kv.atomic().check({ key, versionstamp: second }, { key, versionstamp: first });
  assertEquals(await both.set([prefix, "b"], 1).delete(key).commit(), { ok: false });
  assertEquals((await kv.getMany([key, [prefix, "b"]])).map(({ value }) => value), [3, null]);
  const third = await commit(kv.atomic().set([prefix, "x"], 1).set([prefix, "y"], 1));
  const entries = await kv.getMany([[prefix, "x"], [prefix, "y"]]);
  assertEquals(entries.map(({ versionstamp }) => versionstamp), [third, third]);
});

test("entries that have to be absent are written all, or none of them", async (kv, prefix) => {
  const absent = (n: number) => ({ key: [prefix, n], versionstamp: null });
  const create = (...numbers: number[]) => {
    const operation = kv.atomic().sum([prefix, "sum"], 1n);
    for (const n of numbers) operation.check(absent(n)).set([prefix, n], `${n} é`);
    return operation;
  };
  const first = await commit(create(1, 2, 3).set([prefix, "other"], 1));
  assertEquals(await create(4, 2, 5).delete([prefix, "other"]).commit(), { ok: false });
  assertEquals(await kv.atomic().check(absent(6), absent(1)).set([prefix, 6], 6).commit(), {
    ok: false,
  });
  const both = kv.atomic().check(absent(1), { key: [prefix, 1], versionstamp: first });
  assertEquals(await both.set([prefix, 1], "both").commit(), { ok: false });
  const entries = await Array.fromAsync(kv.list({ prefix: [prefix] }), ({ key, value }) => [
    key[1],
    value,
  ]);
  assertEquals(entries, [
    ["other", 1],
    ["sum", toU64(1)],
    [1, "1 é"],
    [2, "2 é"],
    [3, "3 é"],
  ]);
  await commit(kv.atomic().delete([prefix, 2]));
  await commit(create(2));
  await commit(kv.atomic().check(absent(7), absent(7)).set([prefix, 7], 1).delete([prefix, 7]));
  await commit(kv.atomic().check(absent(7)).sum([prefix, 7], 2n));
  assertEquals((await kv.get([prefix, 7])).value, toU64(2));
});

test("a counter replaces another value, and the other way round", async (kv, prefix) => {
  const key = [prefix, "a"];
  for (const value of ["text", toU64(3), toU64(4), { list: [1] }]) {
    await kv.set(key, value);
    assertEquals((await kv.get(key)).value, value);
  }
  await commit(kv.atomic().set(key, toU64(5), { expireIn: 60_000 }).sum(key, 1n));
  assertEquals((await kv.get(key)).value, toU64(6));
  await assertRejects(async () => await kv.atomic().set(key, 1).sum(key, 1n).commit());
});

test("a sum wraps around, and never conflicts", async (kv, prefix) => {
  const key = [prefix, "sum"];
  await Promise.all(Array.from({ length: 20 }, () => commit(kv.atomic().sum(key, 3n))));
  assertEquals((await kv.get(key)).value, toU64(60));
  const before = await kv.get(key);
  await commit(kv.atomic().sum(key, 0n).sum(key, MODULUS - 61n));
  assertEquals((await kv.get(key)).value, new Deno.KvU64(MODULUS - 1n));
  assertEquals(await kv.atomic().check(before).set(key, toU64(0)).commit(), { ok: false });
  await commit(kv.atomic().set(key, toU64(5)).sum(key, 2n).sum([prefix, "new"], 0n));
  assertEquals((await kv.get(key)).value, toU64(7));
  assert(isU64((await kv.get([prefix, "new"])).value));
  await commit(kv.atomic().delete(key).sum(key, 4n));
  assertEquals((await kv.get(key)).value, toU64(4));
  await kv.set(key, "no counter");
  await assertRejects(() => kv.atomic().sum(key, 1n).commit());
  assertEquals((await kv.get(key)).value, "no counter");
});

test("of commits that check one key, one is applied", async (kv, prefix) => {
  const key = [prefix, "claim"];
  const results = await Promise.all(
    Array.from(
      { length: 12 },
      (_, i) =>
        kv.atomic().check({ key, versionstamp: null }).set(key, i).set([prefix, "by", i], i)
          .sum([prefix, "claims"], 1n).commit(),
    ),
  );
  assertEquals(results.filter(({ ok }) => ok).length, 1);
  assertEquals((await keysOf(kv.list({ prefix: [prefix, "by"] }))).length, 1);
  assertEquals((await kv.get([prefix, "claims"])).value, toU64(1));
});

test("an entry stays for at least as long as it should", async (kv, prefix) => {
  await kv.set([prefix, "long"], 1, { expireIn: 60_000 });
  await kv.set([prefix, "short"], 1, { expireIn: 1 });
  assertEquals((await kv.get([prefix, "long"])).value, 1);
});

Deno.test("8.22 in PostgreSQL, two clients that add to one number lose no addition", async () => {
  await using first = await openTestPostgresKv(place);
  await using second = await openTestPostgresKv(place);
  const key = ["contended"];
  async function add(kv: Kv): Promise<void> {
    for (let added = 0; added < 15;) {
      const entry = await kv.get<number>(key);
      const { ok } = await kv.atomic().check(entry).set(key, (entry.value ?? 0) + 1).commit();
      if (ok) added += 1;
    }
  }
  await Promise.all([first.kv, second.kv, first.kv, second.kv].map(add));
  assertEquals((await second.kv.get(key)).value, 60);
});

Deno.test("8.22 in PostgreSQL, a message is delivered to one listener, where that can be", async () => {
  if (!Deno.env.has("TEST_DATABASE_URL")) return; // the embedded one has one session for all
  const first = await openTestPostgresKv(place);
  const second = await openTestPostgresKv(place);
  const received: unknown[] = [];
  const listening = [first, second].map(({ kv }) =>
    kv.listenQueue((message) => void received.push(message))
  );
  let sent = 0;
  await until(async () => {
    await first.kv.enqueue({ n: sent++ });
    return received.length > 0;
  }, "a message to be received");
  await second.kv.atomic().enqueue({ n: sent++ }).commit();
  await until(() => received.length === sent, "all messages to be received");
  assertEquals(new Set(received.map((message) => JSON.stringify(message))).size, sent);
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  await Promise.all(listening);
});

Deno.test("8.22 in PostgreSQL, a message with a delay is refused, and none is sent", async () => {
  await using opened = await openTestPostgresKv(place);
  const message = "delay must be 0, got 5000";
  await assertRejects(() => opened.kv.enqueue("late", { delay: 5_000 }), TypeError, message);
  const operation = opened.kv.atomic().set(["late"], 1).enqueue("late", { delay: 5_000 });
  await assertRejects(() => operation.commit(), TypeError, message);
  assertEquals((await opened.kv.get(["late"])).value, null);
  await opened.kv.enqueue("now", { delay: 0 });
});

Deno.test("8.22 in PostgreSQL, a message that could not be handled is delivered again, where that can be", async () => {
  if (!Deno.env.has("TEST_DATABASE_URL")) return; // the embedded one has one session for all
  await using own = await makePostgresKv();
  const opened = await openTestPostgresKv(own);
  const handled: unknown[] = [];
  let failures = 0;
  const listening = opened.kv.listenQueue((message) => {
    if (message === "first" && failures++ === 0) throw new Error("the process ended, say");
    if (message !== "more") handled.push(message);
  });
  await opened.kv.enqueue("first");
  await until(async () => {
    await opened.kv.enqueue("more");
    return handled.length > 0;
  }, "the message to be delivered again");
  assertEquals(handled, ["first"]);
  assertEquals(failures, 2);
  await opened[Symbol.asyncDispose]();
  await listening;
});
