import { assertEquals, assertLessOrEqual, assertMatch, assertRejects } from "../support/assert.ts";
import { SluiceError } from "../../src/server_sdk/errors.ts";
import { MemoryFiles } from "./memory_files.ts";
import { open, pass } from "./open.ts";

Deno.test("a full queue makes callers wait, and takes them in order", async () => {
  for (const files of [undefined, new MemoryFiles()]) {
    const { sluice, service, clock, errors } = open({ maxQueued: 2, ...(files ? { files } : {}) });
    let isAway = true;
    service.answer = () => isAway ? new Response(null, { status: 503 }) : undefined;
    const order: number[] = [];
    for (let n = 0; n < 6; n++) {
      sluice.track({ eventType: String(n) }).then(() => order.push(n));
    }
    await pass(clock, "a request", () => service.requests.length > 0);
    const { queued, waiting, dropped } = sluice.stats();
    assertEquals({ queued, waiting, dropped }, { queued: 2, waiting: 4, dropped: 0 });
    isAway = false;
    await pass(clock, "all events", () => order.length === 6);
    assertEquals(order, [0, 1, 2, 3, 4, 5]);
    await pass(clock, "an empty queue", () => sluice.stats().queued === 0);
    assertEquals(errors.map(({ code }) => code), ["unavailable"]);
  }
});

Deno.test("whenFull: reject turns events away, says so and counts each", async () => {
  const { sluice, errors, clock, service } = open({ maxQueued: 2, whenFull: "reject" });
  const tracked = [0, 1, 2, 3].map((n) => sluice.track({ eventType: String(n) }));
  const error = await assertRejects(() => tracked[3] ?? Promise.resolve(), SluiceError);
  assertEquals([error.code, error.kept], ["full", false]);
  assertMatch(error.message, /^The queue is full: 2 events of \d+ bytes are queued, 0 calls wait$/);
  assertEquals(sluice.stats().dropped, 2);
  assertEquals(errors.map(({ code }) => code), ["full"], "reported once");
  await pass(clock, "the others", () => service.requests.length > 0);
  await clock.during(sluice.track({ eventType: "4" }));
  assertEquals([sluice.stats().sent, sluice.stats().problem], [3, null]);
});

Deno.test("callers that ignore the promise cannot fill the memory", async () => {
  const { sluice, errors } = open({ maxQueued: 2, maxWaiting: 3 });
  for (let n = 0; n < 100; n++) sluice.track({ eventType: String(n) });
  const { queued, waiting } = sluice.stats();
  assertEquals({ queued, waiting }, { queued: 2, waiting: 3 });
  await Promise.resolve();
  assertEquals([sluice.stats().dropped, errors.length], [95, 1]);
});

Deno.test("the queue is bounded in bytes, too, but takes any one event", async () => {
  const { sluice, clock } = open({ maxQueuedBytes: 1_000 });
  const props = { text: "x".repeat(2_000) };
  const both = Promise.all([
    sluice.track({ eventType: "a", props }),
    sluice.track({ eventType: "b", props }),
  ]);
  assertEquals([sluice.stats().queued, sluice.stats().waiting], [1, 1]);
  await clock.during(both);
  assertEquals(sluice.stats().sent, 2);
});

Deno.test("trackAll feeds any number of events through a small queue as one caller", async () => {
  const { sluice, clock, service } = open({ maxQueued: 10, maxWaiting: 1 });
  const events = Array.from({ length: 500 }, (_, n) => ({ eventType: String(n) }));
  const tracked = sluice.trackAll(events);
  await pass(clock, "all events", () => {
    assertLessOrEqual(sluice.stats().queued, 10);
    return sluice.stats().sent === 500;
  });
  assertEquals((await tracked).length, 500);
  assertEquals(service.batches.flat(), events.map(({ eventType }) => eventType));
});

Deno.test("shutdown sends what is queued, and turns away what comes later", async () => {
  const { sluice, service, clock } = open({ flushIntervalMs: 60_000 });
  const before = sluice.track({ eventType: "a" });
  const stats = await clock.during(sluice.shutdown());
  assertEquals((await before).durable, "service");
  assertEquals([stats.sent, stats.queued, stats.dropped], [1, 0, 0]);
  const error = await assertRejects(() => sluice.track({ eventType: "b" }), SluiceError);
  assertEquals([error.code, error.kept, sluice.stats().dropped], ["closed", false, 1]);
  assertEquals(service.batches, [["a"]]);
  assertEquals(clock.pending, 0, "no timer is left");
});

Deno.test("shutdown ends in time; events in memory are dropped, counted and told", async () => {
  const { sluice, service, clock, errors } = open({ maxQueued: 2 });
  service.answer = () => new Promise(() => {});
  const tracked = [1, 2, 3].map((n) => sluice.track({ eventType: String(n) }));
  const settled = Promise.allSettled(tracked);
  const startedAt = clock.monotonic();
  const stats = await clock.during(sluice.shutdown(1_000));
  assertLessOrEqual(clock.monotonic() - startedAt, 1_100);
  const codes = (await settled).map((one) => one.status === "rejected" ? one.reason.code : "none");
  assertEquals(codes, ["closed", "closed", "closed"]);
  assertEquals([stats.sent, stats.dropped], [0, 3]);
  assertEquals(errors.map(({ code }) => code), ["closed"]);
});

Deno.test("shutdown tries again while there is time, and no longer", async () => {
  const { sluice, service, clock } = open();
  service.answer = () =>
    service.requests.length < 3 ? new Response(null, { status: 503 }) : undefined;
  const tracked = sluice.track({ eventType: "a" });
  assertEquals((await clock.during(sluice.shutdown())).sent, 1);
  assertEquals((await tracked).durable, "service");

  const stopped = open({ apiKey: "k" });
  stopped.service.answer = () =>
    Response.json({ code: "UNAUTHORIZED", message: "Revoked" }, { status: 401 });
  stopped.sluice.track({ eventType: "a" });
  assertEquals((await stopped.clock.during(stopped.sluice.shutdown())).dropped, 1);
  assertEquals([stopped.service.requests.length, stopped.clock.pending], [1, 0]);
});

Deno.test("options are checked, each with a sentence", () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ url: "events.example" }, "url must be a URL like https://events.example.com, got events"],
    [{ url: "https://u:p@a.example" }, "url must not contain a user or password"],
    [{ apiKey: "a b" }, "apiKey must be an API key of the service"],
    [{ spool: "/tmp/a" }, "spool must be false where there is no file system, got /tmp/a"],
    [{ spool: "" }, "spool must be a folder or false, got "],
    [{ source: "server" }, "source must be web, api, mobile, system or webhook, got server"],
    [{ maxQueued: 0 }, "maxQueued must be a whole number of at least 1, got 0"],
    [{ batchSize: 51 }, "batchSize must be a whole number from 1 to 50, got 51"],
    [{ whenFull: "drop" }, 'whenFull must be "wait" or "reject", got drop'],
    [{ flushIntervalMs: -1 }, "flushIntervalMs must be a whole number from 0 to 3600000, got -1"],
  ];
  for (const [options, message] of wrong) {
    try {
      open(options);
      assertEquals("no error", message);
    } catch (error) {
      assertMatch(String(error), new RegExp(message.replaceAll(/[.*+?^$/]/g, "\\$&")));
    }
  }
});
