import { assertEquals, assertRejects } from "@std/assert";
import { FORMAT } from "../../src/kv/keys.ts";
import { KvAwayError, KvTimeoutError } from "../../src/kv/presence.ts";
import { RemoteKv } from "../../src/kv/remote.ts";
import { FakeClock } from "../support/clock.ts";
import { openTestKv, type TestKv } from "../support/kv.ts";
import { until } from "../support/until.ts";

const DEADLINE_MS = 5_000;
const REFUSED = "Could not open Deno KV database: failed to connect to 'http://kv.example.com/'";

interface Fixture extends AsyncDisposable {
  readonly local: TestKv["kv"];
  readonly remote: RemoteKv;
  readonly clock: FakeClock;
  /** What opening the KV fails with, if it does. */
  refusal: Error | null;
  /** Whether nothing is responded to. What was asked is, once this is false again. */
  hangs(hangs: boolean): void;
}

/** A KV in a file, as if it were behind a network. */
async function openFixture(): Promise<Fixture> {
  const { kv: local, ...opened } = await openTestKv();
  const clock = new FakeClock();
  let gate = Promise.resolve();
  let release = () => {};
  const behind = new Proxy(local, {
    get(target, property) {
      if (property === "close") return () => {};
      const value = Reflect.get(target, property, target);
      if (property === "get" || property === "set" || property === "getMany") {
        return (...args: unknown[]) => gate.then(() => Reflect.apply(value, target, args));
      }
      if (property !== "atomic") return typeof value === "function" ? value.bind(target) : value;
      return () => {
        const operation = target.atomic();
        const { commit } = operation;
        operation.commit = () => gate.then(() => Reflect.apply(commit, operation, []));
        return operation;
      };
    },
  });
  const fixture: Fixture = {
    local,
    clock,
    refusal: null,
    remote: new RemoteKv({
      clock,
      deadlineMs: DEADLINE_MS,
      open: () =>
        fixture.refusal === null ? Promise.resolve(behind) : Promise.reject(fixture.refusal),
    }),
    hangs(hangs) {
      release();
      if (!hangs) return void (gate = Promise.resolve());
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      release = resolve;
    },
    async [Symbol.asyncDispose]() {
      fixture.hangs(false);
      fixture.remote.close();
      await opened[Symbol.asyncDispose]();
    },
  };
  return fixture;
}

Deno.test("8.20 a KV that is away at the start is opened as soon as it is there", async () => {
  await using fixture = await openFixture();
  const { remote, clock } = fixture;
  fixture.refusal = new TypeError(`${REFUSED}: error sending request`);
  await remote.open();
  assertEquals(remote.awayBecause, fixture.refusal.message);
  await assertRejects(() => remote.get(["a"]), KvAwayError);
  await assertRejects(() => remote.atomic().set(["a"], 1).commit(), KvAwayError);
  await assertRejects(() => Array.fromAsync(remote.list({ prefix: [] })), KvAwayError);
  fixture.refusal = null;
  await until(async () => {
    await clock.advance(1_000);
    return remote.awayBecause === null;
  }, "the KV to be opened");
  assertEquals((await remote.atomic().set(["a"], 1).commit()).ok, true);
  assertEquals((await remote.get(["a"])).value, 1);
});

Deno.test("8.20 a KV that says what is wrong with the URL or the token is not waited for", async () => {
  for (
    const message of [
      "Could not open Deno KV database: the metadata endpoint at 'http://kv.example.com/' responded with status 401 Unauthorized: Invalid access token.",
      "Missing DENO_KV_ACCESS_TOKEN environment variable.",
    ]
  ) {
    await using fixture = await openFixture();
    fixture.refusal = new TypeError(message);
    await assertRejects(() => fixture.remote.open(), TypeError, message);
  }
});

Deno.test("8.20 a gateway that cannot reach the KV is an outage", async () => {
  await using fixture = await openFixture();
  fixture.refusal = new TypeError("the metadata endpoint responded with status 502 Bad Gateway");
  await fixture.remote.open();
  assertEquals(fixture.remote.awayBecause, fixture.refusal.message);
});

Deno.test("8.20 a commit that gets no response may have been applied; the next one is not sent", async () => {
  await using fixture = await openFixture();
  const { remote, local, clock } = fixture;
  await remote.open();
  fixture.hangs(true);
  const first = assertRejects(() => remote.atomic().set(["a"], 1).commit(), KvTimeoutError);
  await clock.advance(DEADLINE_MS);
  await first;
  await assertRejects(() => remote.atomic().set(["b"], 1).commit(), KvAwayError);
  fixture.hangs(false);
  await until(() => remote.awayBecause === null, "the KV to be back"); // without a pause
  await until(async () => (await local.get(["a"])).value === 1, "the first commit to be applied");
  assertEquals((await local.get(["b"])).value, null);
});

Deno.test("8.20 a KV that comes back in a newer format is not used", async () => {
  await using fixture = await openFixture();
  const { remote, local, clock } = fixture;
  await remote.open();
  fixture.hangs(true);
  const first = assertRejects(() => remote.get(["a"]), KvTimeoutError);
  await clock.advance(DEADLINE_MS);
  await first;
  await local.set(FORMAT, 9);
  fixture.hangs(false);
  await until(() => remote.awayBecause?.includes("format 9") ?? false, "the format to be noticed");
  await assertRejects(() => remote.set(["a"], 1), KvAwayError, "format 9");
});
