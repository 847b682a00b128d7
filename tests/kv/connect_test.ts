/**
 * What the service relies on in a KV over KV Connect: the same of denokv, of its stand-in for tests, and,
 * except for limits, of a KV in a file. Deno's own client talks to all of them.
 */

import fc from "fast-check";
import { toU64 } from "../../src/kv/port.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import {
  type Denokv,
  findDenokv,
  NEEDS_DENOKV,
  openDenokv,
  openStandIn,
} from "../support/denokv.ts";
import { openTestKv } from "../support/kv.ts";
import { writeMessage, type Written } from "../support/kv_connect/wire.ts";
import { until } from "../support/until.ts";

const SERVERS = [
  { name: "the stand-in for denokv", open: () => openStandIn(), ignore: false },
  { name: `denokv (${NEEDS_DENOKV})`, open: openDenokv, ignore: findDenokv() === null },
];

const TOO_MANY_ENTRIES =
  "The total number of entries requested across read ranges in the read request is too large.";

type Work = (kv: Deno.Kv, server: Denokv) => Promise<void>;

function testOn({ name, open, ignore }: typeof SERVERS[number], what: string, work: Work): void {
  Deno.test({
    name: `${name}: ${what}`,
    ignore,
    async fn() {
      await using server = await open();
      using kv = await Deno.openKv(server.path);
      await work(kv, server);
    },
  });
}

async function keysOf(
  kv: Deno.Kv,
  selector: Deno.KvListSelector,
  options?: Deno.KvListOptions,
): Promise<Deno.KvKey[]> {
  return await Array.fromAsync(kv.list(selector, options), ({ key }) => key);
}

const BYTES = Uint8Array.from({ length: 256 }, (_, i) => i);
/** Of every kind that the service stores, and some more. */
const VALUES = [
  0,
  -1.5,
  "",
  "é ␀ 🦕",
  true,
  null,
  { a: [1, { b: null }] },
  BYTES,
  toU64(7),
  2n ** 70n,
];

for (const server of SERVERS) {
  testOn(server, "values are read as they were written", async (kv) => {
    for (const [i, value] of VALUES.entries()) await kv.set(["value", i], value);
    const keys = VALUES.map((_, i) => ["value", i]);
    const entries = await kv.getMany<unknown[]>(keys);
    assertEquals(entries.map(({ value }) => value), VALUES);
    assertEquals(await kv.get(["absent"]), { key: ["absent"], value: null, versionstamp: null });
    await kv.delete(["value", 0]);
    await kv.delete(["absent"]);
    assertEquals((await kv.get(["value", 0])).versionstamp, null);
  });

  testOn(server, "versionstamps grow, and entries of one commit share theirs", async (kv) => {
    const stamps: string[] = [];
    for (let i = 0; i < 20; i++) {
      const commit = await kv.atomic().set(["a"], i).set(["b"], i).commit();
      assert(commit.ok, "nothing was checked");
      assertMatch(commit.versionstamp, /^[0-9a-f]{16}0000$/);
      for (const key of ["a", "b"]) {
        assertEquals((await kv.get([key])).versionstamp, commit.versionstamp);
      }
      stamps.push(commit.versionstamp);
    }
    assertEquals(stamps, [...new Set(stamps)].sort());
  });

  testOn(server, "of commits that check the same entry, one succeeds", async (kv) => {
    for (let round = 0; round < 3; round++) {
      const entry = await kv.get(["lease"]);
      const commits = await Promise.all(
        Array.from(
          { length: 10 },
          (_, i) => kv.atomic().check(entry).set(["lease"], i).set(["won", round, i], 1).commit(),
        ),
      );
      assertEquals(commits.filter(({ ok }) => ok).length, 1);
      assertEquals((await keysOf(kv, { prefix: ["won", round] })).length, 1);
    }
    const absent = { key: ["lease"], versionstamp: null };
    assertEquals(await kv.atomic().check(absent).set(["x"], 1).commit(), { ok: false });
    assertEquals((await kv.get(["x"])).versionstamp, null);
  });

  testOn(server, "sums wrap around, and what precedes one that fails is applied", async (kv) => {
    await Promise.all(
      Array.from({ length: 20 }, () => kv.atomic().sum(["counter"], 3n).commit()),
    );
    assertEquals((await kv.get(["counter"])).value, toU64(60));
    await kv.atomic().sum(["counter"], 2n ** 64n - 50n).sum(["other"], 0n).commit();
    assertEquals((await kv.get(["counter"])).value, toU64(10));
    assertEquals((await kv.get(["other"])).value, toU64(0));
    await kv.set(["counter"], "damaged");
    await assertRejects(
      () => kv.atomic().set(["before"], 1).sum(["counter"], 1n).set(["after"], 1).commit(),
      Error,
      "non-U64 value",
    );
    assertEquals(await keysOf(kv, { prefix: [] }), [["before"], ["counter"], ["other"]]);
  });

  testOn(server, "lists have the order of keys, whatever the size of pages", async (kv) => {
    const parts = [BYTES, "", "a", "a\0", "a\u{10ffff}", "b", -1, -0.5, 0, 2, 10, 5n, false, true];
    for (const part of parts) for (const i of [0, 1]) await kv.set(["list", part, i], i);
    await kv.set(["lisu"], 0);
    const prefix = ["list"];
    const forward = await keysOf(kv, { prefix });
    assertEquals(
      forward.map(([, part]) => part),
      [
        ...[BYTES, "", "a", "a\0", "a\u{10ffff}", "b"],
        ...[5n, -1, -0.5, 0, 2, 10, false, true],
      ].flatMap((part) => [part, part]),
    );
    for (const batchSize of [1, 3, 100]) {
      const backward = await keysOf(kv, { prefix }, { batchSize, reverse: true });
      assertEquals(backward, forward.toReversed());
    }
    const [start, end] = [["list", "a", 1], ["list", "b", 1]];
    const within = forward.slice(5, 11);
    assertEquals(await keysOf(kv, { prefix, start }, { limit: 6 }), within);
    assertEquals(
      await keysOf(kv, { prefix, end }, { limit: 6, reverse: true }),
      within.toReversed(),
    );
    assertEquals(await keysOf(kv, { start, end }, { batchSize: 2 }), within);
    const pages = kv.list({ prefix }, { limit: 4 });
    for await (const _ of pages);
    assertEquals(await keysOf(kv, { prefix }, { cursor: pages.cursor }), forward.slice(4));
    assertEquals(await keysOf(kv, { prefix: ["none"] }), []);
  });

  testOn(server, "an entry expires, not before its time", async (kv, { kill, start }) => {
    const [expireIn, startedAt] = [1_000, Date.now()];
    await kv.set(["short"], 1, { expireIn });
    await kv.set(["renewed"], 1, { expireIn });
    await kv.set(["renewed"], 2);
    await kv.set(["long"], 1, { expireIn: 3_600_000 });
    const all = [["long"], ["renewed"], ["short"]];
    const keys = await keysOf(kv, { prefix: [] });
    if (Date.now() < startedAt + expireIn) assertEquals(keys, all);
    // Within a minute, and at the start.
    await until(() => Date.now() > startedAt + 2 * expireIn, "the time of expiry");
    await kill();
    await start();
    await until(async () => (await kv.get(["short"])).versionstamp === null, "expiry");
    assertEquals(await keysOf(kv, { prefix: [] }), [["long"], ["renewed"]]);
  });

  testOn(server, "limits are those of denokv, with its messages", async (kv) => {
    const keys = Array.from({ length: 12 }, (_, i) => ["key", i]);
    const withChecks = (count: number) =>
      keys.slice(0, count).reduce(
        (operation, key) => operation.check({ key, versionstamp: null }),
        kv.atomic(),
      ).set(["x"], 1).commit();
    assertEquals((await withChecks(10)).ok, true);
    await assertRejects(() => withChecks(11), Error, "Too many checks included in atomic write.");
    const bytes = (length: number) => new Uint8Array(length);
    await kv.set(["value"], bytes(65_536));
    await assertRejects(() => kv.set(["value"], bytes(65_537)), Error, "(max 65536 bytes)");
    const withBytes = (count: number) =>
      keys.slice(0, count).reduce(
        (operation, key) => operation.set(key, bytes(65_536)),
        kv.atomic(),
      ).commit();
    assertEquals((await withBytes(12)).ok, true);
    const many = kv.atomic();
    for (let i = 0; i < 1_000; i++) many.set(["many", i], i);
    assertEquals((await many.commit()).ok, true);
    assertEquals((await keysOf(kv, { prefix: ["many"] }, { batchSize: 500 })).length, 1_000);
    await assertRejects(() => kv.set(["k".repeat(2_100)], 1), Error, "(max 2048 bytes)");
    await assertRejects(() => kv.getMany(keys), Error, "(max 10)");
  });

  testOn(server, "what the client would not send is refused, too", async (_, { path }) => {
    const bytes = (length: number) => new Uint8Array(length);
    const range = (start: number, limit: number): Written => [
      1,
      writeMessage([[1, bytes(start)], [2, bytes(1)], [3, limit]]),
    ];
    const set = (key: number, length: number): Written => [
      2,
      writeMessage([[1, bytes(key)], [2, writeMessage([[1, bytes(length)], [2, 3]])], [3, 1]]),
    ];
    const check = (key: number, versionstamp: number): Written => [
      1,
      writeMessage([[1, bytes(key)], [2, bytes(versionstamp)]]),
    ];
    const requests: readonly (readonly [string, readonly Written[]])[] = [
      ["snapshot_read", Array.from({ length: 11 }, () => range(1, 1))],
      ["snapshot_read", [range(1, 0)]],
      ["snapshot_read", [range(2_050, 1)]],
      ["snapshot_read", [range(1, 500), range(1, 501)]],
      ["atomic_write", [check(2_050, 0)]],
      ["atomic_write", [check(1, 9)]],
      ["atomic_write", [set(2_049, 1)]],
      ["atomic_write", [set(1, 65_537)]],
      ["atomic_write", Array.from({ length: 1_001 }, () => set(1, 1))],
      ["atomic_write", Array.from({ length: 13 }, () => set(1, 65_000))],
      ["atomic_write", [[2, writeMessage([[1, bytes(1)], [3, 77]])]]],
      ["another", []],
    ];
    const answers: unknown[] = [];
    for (const [method, message] of requests) {
      const response = await fetch(`${path}/v2/${method}`, {
        method: "POST",
        headers: {
          "authorization": `Bearer ${Deno.env.get("DENO_KV_ACCESS_TOKEN")}`,
          "x-denokv-version": "3",
          "x-denokv-database-id": "00000000-0000-0000-0000-000000000000",
        },
        body: writeMessage(message),
      });
      answers.push([response.status, await response.text()]);
    }
    assertEquals(answers, [
      [400, "Too many read ranges requested in one read request."],
      [400, "The read range limit of the snapshot read request is invalid."],
      [400, "A key exceeds the key size limit."],
      [400, TOO_MANY_ENTRIES],
      [400, "A key exceeds the key size limit."],
      [400, "Invalid versionstamp."],
      [400, "A key exceeds the key size limit."],
      [400, "A value exceeds the value size limit."],
      [400, "Too many mutations / enqueues included in atomic write."],
      [400, "The total size of the atomic write is too large."],
      [400, "Invalid mutation kind or arguments."],
      [404, "Resource not found."],
    ]);
  });

  testOn(server, "there is no queue", async (kv) => {
    await assertRejects(() => kv.enqueue("message"), Error, "not supported in KV Connect");
  });

  testOn(server, "what was committed survives SIGKILL", async (kv, { kill, start, path }) => {
    const acknowledged = new Set<number>();
    let isKilled = false;
    const writing = Array.from({ length: 4 }, async (_, worker) => {
      for (let i = worker; !isKilled; i += 4) {
        await kv.atomic().set(["written", i], i).sum(["count"], 1n).commit();
        acknowledged.add(i);
      }
    });
    await until(() => acknowledged.size > 20, "writes");
    await kill();
    isKilled = true;
    const before = [...acknowledged];
    await start();
    await Promise.all(writing);
    using other = await Deno.openKv(path);
    const written = new Set((await keysOf(other, { prefix: ["written"] })).map(([, i]) => i));
    assertEquals(before.filter((i) => !written.has(i)), []);
    // The client sends a commit again that got no response.
    const count = Number((await other.get<Deno.KvU64>(["count"])).value);
    assertEquals([count >= written.size, count <= written.size + 4], [true, true], `${count}`);
  });

  testOn(server, "a wrong token is refused", async (_, { path }) => {
    const refusals = await Promise.all(
      ["Bearer wrong", "", null].map(async (authorization) => {
        const headers = new Headers({ "content-type": "application/json" });
        if (authorization !== null) headers.set("authorization", authorization);
        const body = JSON.stringify({ supportedVersions: [1, 2, 3] });
        const response = await fetch(path, { method: "POST", headers, body });
        return [response.status, await response.text()];
      }),
    );
    assertEquals(refusals, [
      [401, "Invalid access token."],
      [401, "Malformed authorization header."],
      [401, "Malformed authorization header."],
    ]);
    // A process, as test files that run in parallel share their environment.
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", "--unstable-kv", `await (await Deno.openKv("${path}")).get([]);`],
      env: { DENO_KV_ACCESS_TOKEN: "wrong", NO_COLOR: "1" },
      stdin: "null",
    }).output();
    assertStringIncludes(new TextDecoder().decode(stderr), "Invalid access token.");
    assertEquals(success, false);
  });
}

/** A step of a random history. Few keys, so that steps meet. */
const key = fc.tuple(fc.constantFrom("a", "b"), fc.constantFrom<Deno.KvKeyPart>(0, 1, "x", "é"));
const step = fc.oneof(
  fc.record({
    kind: fc.constant("commit" as const),
    checked: fc.array(fc.tuple(key, fc.constantFrom("current", "current", "absent")), {
      maxLength: 2,
    }),
    sets: fc.array(fc.tuple(key, fc.constantFrom<unknown>(1, "text", BYTES)), { maxLength: 3 }),
    deletes: fc.array(key, { maxLength: 2 }),
    sums: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant("list" as const),
    start: key,
    end: key,
    reverse: fc.boolean(),
    batchSize: fc.constantFrom(1, 2, 100),
    limit: fc.constantFrom(1, 3, 10),
  }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a step returns, without versionstamps, which differ. */
async function run(kv: Deno.Kv, step: Step): Promise<unknown> {
  if (step.kind === "list") {
    const { start, end, ...options } = step;
    const entries = await Array.fromAsync(kv.list({ start, end }, options)).catch(String);
    return typeof entries === "string" ? entries : entries.map(({ key, value }) => [key, value]);
  }
  const operation = kv.atomic();
  for (const [key, expected] of step.checked) {
    const { versionstamp } = await kv.get(key);
    operation.check({ key, versionstamp: expected === "current" ? versionstamp : null });
  }
  for (const n of step.sums) operation.sum(["sum"], n);
  for (const [key, value] of step.sets) operation.set(key, value);
  for (const key of step.deletes) operation.delete(key);
  return (await operation.commit()).ok;
}

for (const { name, open, ignore } of SERVERS) {
  Deno.test({
    name: `${name}: any history of commits and lists has the results of a KV in a file`,
    ignore,
    async fn() {
      await using server = await open();
      using remote = await Deno.openKv(server.path);
      await using file = await openTestKv();
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
          runs += 1;
          for (const kv of [remote, file.kv]) {
            for await (const { key } of kv.list({ prefix: [] })) await kv.delete(key);
          }
          for (const step of steps) assertEquals(await run(remote, step), await run(file.kv, step));
          const all = { start: ["a"], end: ["z"] };
          const entries = async (kv: Deno.Kv) =>
            await Array.fromAsync(kv.list(all), ({ key, value }) => [key, value]);
          assertEquals(await entries(remote), await entries(file.kv));
        }),
        { numRuns: 20 },
      );
      assertGreater(runs, 19);
    },
  });
}

Deno.test("the stand-in for denokv can be some way away, and allow as many checks as Deno Deploy", async () => {
  await using server = await openStandIn({ delayMs: 90, maxChecks: 100 });
  using kv = await Deno.openKv(server.path);
  await kv.get(["first"]); // exchanges metadata, too
  const startedAt = performance.now();
  await kv.get(["a"]);
  assertGreater(performance.now() - startedAt, 89);
  const operation = kv.atomic();
  for (let i = 0; i < 100; i++) operation.check({ key: ["check", i], versionstamp: null });
  assertEquals((await operation.set(["a"], 1).commit()).ok, true);
  const together = performance.now();
  await Promise.all(Array.from({ length: 20 }, (_, i) => kv.get(["a", i])));
  assertLess(performance.now() - together, 20 * 90, "requests share the distance");
});
