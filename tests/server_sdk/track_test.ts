import { setImmediate } from "node:timers";
import { assert, assertEquals, assertMatch, assertRejects } from "../support/assert.ts";
import { readIdTime } from "../../src/events/id.ts";
import { SluiceError } from "../../src/server_sdk/errors.ts";
import { until } from "../support/until.ts";
import { MemoryFiles } from "./memory_files.ts";
import { open } from "./open.ts";

const LICENSE = { eventType: "license_signed", props: { license_id: "lic_1" } } as const;

Deno.test("in memory, track resolves when the service has acknowledged the event", async () => {
  const { sluice, service, clock } = open({ apiKey: "sluice_key_1" });
  const promise = sluice.track(LICENSE);
  assertEquals(service.requests.length, 0);
  const { durable, idempotencyKey } = await clock.during(promise);
  assertEquals(durable, "service");
  const [request] = service.requests;
  assertEquals(request?.url, "https://events.example/v1/events/batch");
  assertEquals(request?.headers.get("authorization"), "Bearer sluice_key_1");
  const occurredAt = "2026-03-01T12:00:00.000Z";
  assertEquals(request?.events, [{
    eventType: "license_signed",
    source: "api",
    idempotencyKey,
    props: { license_id: "lic_1", occurred_at: occurredAt },
  }]);
  assertEquals(readIdTime(idempotencyKey), Date.parse(occurredAt));
  assertMatch(idempotencyKey, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  assertEquals(sluice.stats().sent, 1);
});

Deno.test("with a spool, track resolves when the event is synced, before it is sent", async () => {
  const files = new MemoryFiles();
  let release = () => {};
  files.holdSync = new Promise((resolve) => release = resolve);
  const { sluice, service } = open({ files });
  let durable = "";
  const promise = sluice.track(LICENSE).then((tracked) => durable = tracked.durable);
  await until(() => files.paths(".events").length > 0, "the segment");
  assertEquals(durable, "");
  release();
  assertEquals(await promise, "spool");
  assertEquals([service.requests.length, sluice.stats().queued], [0, 1]);
});

Deno.test("events that are tracked during a sync share the next one", async () => {
  const files = new MemoryFiles();
  const { sluice } = open({ files });
  await Promise.all(Array.from({ length: 500 }, () => sluice.track(LICENSE)));
  assertEquals(files.syncs, 1);
  const first = sluice.track(LICENSE);
  await first;
  assertEquals([files.syncs, sluice.stats().queued], [2, 501]);
});

Deno.test("keys grow with the order of the calls, and a caller's key is kept", async () => {
  const { sluice, service, clock } = open();
  const own = "5f0c7d1e-2f0b-4c37-9a55-0c1f6d2b8e41";
  await clock.during(sluice.trackAll([
    { eventType: "job_completed" },
    { eventType: "job_completed" },
    { eventType: "job_failed", idempotencyKey: own },
  ]));
  const keys = service.requests.flatMap(({ events }) =>
    events.map((event) => event.idempotencyKey)
  );
  assertEquals(keys[2], own);
  assert((keys[0] ?? "") < (keys[1] ?? ""), keys.join());
});

Deno.test("5.9 a key that stands for none is replaced, so that retries can be told", async () => {
  const { sluice, clock } = open();
  for (
    const unset of ["00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"]
  ) {
    const promise = sluice.track({ eventType: "a", idempotencyKey: unset });
    assertMatch((await clock.during(promise)).idempotencyKey, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  }
});

Deno.test("as() says whom events are about, and what it says can be added to", async () => {
  const { sluice, service, clock } = open();
  const creator = sluice.as({ userId: "u_1", role: "CREATOR" });
  await clock.during(Promise.all([
    creator.track({ eventType: "royalty_calculated" }),
    creator.as({ creatorId: "c_1" }).track({
      eventType: "email_sent",
      context: { ip: "203.0.113.7" },
    }),
    sluice.track({ eventType: "job_completed" }),
  ]));
  assertEquals(service.requests.flatMap(({ events }) => events.map(({ context }) => context)), [
    { userId: "u_1", role: "CREATOR" },
    { userId: "u_1", role: "CREATOR", creatorId: "c_1", ip: "203.0.113.7" },
    undefined,
  ]);
});

Deno.test("an event is what it was when it was tracked", async () => {
  const { sluice, service, clock } = open();
  const props = { license_id: "before" };
  const promise = sluice.track({ eventType: "license_signed", props });
  props.license_id = "after";
  await clock.during(promise);
  assertEquals(service.requests[0]?.events[0]?.props["license_id"], "before");
});

Deno.test("the caller's time is kept", async () => {
  const { sluice, service, clock } = open();
  await clock.during(sluice.trackAll([
    { eventType: "a", occurredAt: new Date("2026-02-28T00:00:00Z") },
    { eventType: "b", props: { occurred_at: "2026-02-27" } },
  ]));
  assertEquals(
    service.requests[0]?.events.map(({ props }) => props["occurred_at"]),
    ["2026-02-28T00:00:00.000Z", "2026-02-27"],
  );
});

const circular: Record<string, unknown> = {};
circular["self"] = circular;
const invalid: readonly (readonly [event: unknown, message: RegExp])[] = [
  [undefined, /eventType must be a text, got undefined/],
  [{ eventType: "" }, /eventType must be a text, got an empty one/],
  [{ eventType: "a", props: "x" }, /props of a must be an object, got string/],
  [{ eventType: "a", props: circular }, /a is not JSON/],
  [{ eventType: "a", props: { n: 1n } }, /a is not JSON/],
  [{ eventType: "a", occurredAt: new Date("?") }, /occurredAt of a must be a time, got an invalid/],
  [{ eventType: "a", props: { text: "x".repeat(70_000) } }, /a has 70\d\d\d bytes/],
  [{ eventType: "a", occurredAt: Symbol("now") }, /The event cannot be read: .*number/],
  [Object.defineProperty({}, "eventType", { get: throws }), /The event cannot be read: gone/],
];

function throws(): never {
  throw new Error("gone");
}

Deno.test("an event that can never be sent is rejected, counted and reported, never thrown", async () => {
  for (const files of [undefined, new MemoryFiles()]) {
    const { sluice, errors } = open(files ? { files } : {});
    for (const [event, message] of invalid) {
      const promise = sluice.track(event as never);
      const error = await assertRejects(() => promise, SluiceError);
      assertMatch(error.message, message);
      assertEquals([error.code, error.kept], ["invalid", false]);
    }
    assertEquals(sluice.stats().dropped, invalid.length);
    assertEquals(errors.map(({ code }) => code), invalid.map(() => "invalid"));
  }
});

Deno.test("trackAll tells which of its events failed", async () => {
  const { sluice, clock } = open();
  const promise = sluice.trackAll([{ eventType: "a" }, { eventType: "" }, { eventType: "c" }]);
  const error = await clock.during(assertRejects(() => promise, SluiceError));
  assertMatch(error.message, /^1 of 3 events failed; the first: eventType must be/);
  assertEquals(error.errors.map((one) => one?.code ?? null), [null, "invalid", null]);
  assertEquals(sluice.stats().sent, 2);
});

Deno.test("a trackAll that nobody awaits harms nothing, whatever it was given", async () => {
  const { sluice, errors } = open();
  const unhandled: unknown[] = [];
  function onUnhandled(event: PromiseRejectionEvent): void {
    event.preventDefault();
    unhandled.push(event.reason);
  }
  addEventListener("unhandledrejection", onUnhandled);
  sluice.trackAll([{ eventType: "" }]);
  sluice.trackAll(null as never);
  const broken = Object.defineProperty({}, "eventType", { enumerable: true, get: throws });
  sluice.trackAll([broken, { eventType: "b" }] as never);
  await until(() => errors.length === 3, "all to be reported");
  await new Promise((resolve) => setImmediate(resolve));
  removeEventListener("unhandledrejection", onUnhandled);
  assertEquals(unhandled, []);
  const wanted = [
    /eventType must be/,
    /trackAll takes an array of events, got null/,
    /The event cannot be read: gone/,
  ];
  for (const message of wanted) {
    assert(errors.some((error) => message.test(error.message)), `${message}: ${errors}`);
  }
  assertEquals(sluice.stats().queued, 1);
});

Deno.test("a serverless function is kept alive until its events are acknowledged", async () => {
  const alive: Promise<unknown>[] = [];
  const { sluice, service, clock } = open({ waitUntil: (promise) => alive.push(promise) });
  sluice.track({ eventType: "a" });
  assertEquals(alive.length, 1);
  await clock.during(Promise.all(alive));
  assertEquals(service.batches, [["a"]]);
});

Deno.test("a waitUntil that throws is reported once, and stops nothing", async () => {
  const { sluice, errors, clock } = open({
    waitUntil: () => {
      throw new Error("no request");
    },
  });
  await clock.during(sluice.trackAll([{ eventType: "a" }, { eventType: "b" }]));
  assertEquals(errors.map(({ message }) => message), ["waitUntil failed: no request"]);
  assertEquals(sluice.stats().sent, 2);
});

Deno.test("a process that would end sends what is left, once", async () => {
  const { sluice, service, idle } = open({ flushIntervalMs: 60_000 });
  const promise = sluice.track({ eventType: "a" });
  for (const work of idle) work();
  assertEquals((await promise).durable, "service");
  for (const work of idle) work();
  assertEquals(service.batches, [["a"]]);
});

Deno.test("a process that would end sends what the disk had no room for, too", async () => {
  const files = new MemoryFiles();
  files.failing = { create: new Error("ENOSPC: no space left on device") };
  const { sluice, service, idle, errors, clock } = open({ files, flushIntervalMs: 60_000 });
  const promise = sluice.track({ eventType: "a" });
  await until(() => errors.length === 1, "the disk to fail");
  for (const work of idle) work();
  await clock.advance(1_000);
  await until(() => service.batches.length === 1, "a request");
  assertEquals((await promise).durable, "service");
});
