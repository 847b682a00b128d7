import { assertEquals, assertLessOrEqual, assertMatch } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { until } from "../support/until.ts";
import { MemoryFiles } from "./memory_files.ts";
import { accept, FakeService, open, pass } from "./open.ts";

const gone = { isAlive: () => false };

/** A service that is away until it is told. */
function awayService() {
  const service = new FakeService();
  service.answer = () => new Response(null, { status: 503 });
  return service;
}

function names(service: FakeService): string[] {
  return service.requests.flatMap(({ events }) => events.map(({ eventType }) => eventType));
}

Deno.test("events of a killed process are sent by the next one, in order and with their keys", async () => {
  const files = new MemoryFiles();
  const killed = open({ files, service: awayService() });
  const tracked = await killed.sluice.trackAll([{ eventType: "a" }, { eventType: "b" }]);
  const next = open({ files, pid: 2, ...gone });
  await next.sluice.track({ eventType: "c" });
  await pass(next.clock, "all events to be sent", () => next.sluice.stats().sent === 3);
  assertEquals(names(next.service), ["a", "b", "c"]);
  assertEquals(
    next.service.requests.flatMap(({ events }) => events.map((event) => event.idempotencyKey))
      .slice(0, 2),
    tracked.map(({ idempotencyKey }) => idempotencyKey),
  );
});

Deno.test("flush and shutdown send events of a process whose clock was ahead", async () => {
  for (const way of ["flush", "shutdown"] as const) {
    const files = new MemoryFiles();
    const service = awayService();
    const ahead = new FakeClock();
    await ahead.advance(86_400_000);
    await open({ files, service, clock: ahead }).sluice.track({ eventType: "a" });
    const { sluice, clock } = open({ files, service, pid: 2, isAlive: () => false });
    await sluice.track({ eventType: "b" });
    await pass(clock, "a failure", () => sluice.stats().problem !== null);
    service.answer = () => undefined;
    const { queued, sent } = await clock.during(sluice[way]());
    assertEquals({ way, queued, sent }, { way, queued: 0, sent: 2 });
  }
});

Deno.test("a spool is empty after a clean end", async () => {
  const files = new MemoryFiles();
  const { sluice, clock } = open({ files });
  await sluice.track({ eventType: "a" });
  await clock.during(sluice.shutdown());
  assertEquals([...files.files.keys()].map((path) => path.split("/").at(-1)), [".gitignore"]);
  assertEquals(clock.pending, 0, "no timer is left");
});

Deno.test("what a clean end leaves is taken at once, even while the process lives", async () => {
  const files = new MemoryFiles();
  const first = open({ files, service: awayService() });
  await first.sluice.track({ eventType: "a" });
  const stats = await first.clock.during(first.sluice.shutdown());
  assertEquals([stats.queued, stats.dropped, first.errors.map(({ code }) => code)], [1, 0, [
    "unavailable",
  ]]);
  const next = open({ files, pid: 2 });
  await pass(next.clock, "the event to be sent", () => next.sluice.stats().sent === 1);
});

Deno.test("a record that a crash tore off was never promised, and spoils no other", async () => {
  for (const torn of [1, 20, 100]) {
    const files = new MemoryFiles();
    const { sluice } = open({ files, service: awayService() });
    await sluice.track({ eventType: "a" });
    files.holdSync = new Promise(() => {});
    sluice.track({ eventType: "b" });
    await until(
      () => [...files.files.values()].some((f) => f.bytes.length > f.synced + 100 && f.synced > 0),
      "b",
    );
    files.holdSync = null;
    files.powerFailure(torn);
    const next = open({ files, pid: 2, ...gone });
    await pass(next.clock, "the event to be sent", () => next.sluice.stats().sent === 1);
    assertEquals([names(next.service), next.errors], [["a"], []]);
  }
});

Deno.test("a damaged record is counted and reported once, and spoils no other", async () => {
  const files = new MemoryFiles();
  const { sluice } = open({ files, service: awayService() });
  await sluice.trackAll([{ eventType: "aaaa" }, { eventType: "bbbb" }, { eventType: "cccc" }]);
  const [file] = [...files.files].filter(([path]) => path.endsWith(".events")).map(([, f]) => f);
  const at = new TextDecoder().decode(file?.bytes).indexOf("bbbb");
  file?.bytes.set([0x78], at);
  const next = open({ files, pid: 2, ...gone });
  await pass(next.clock, "the others to be sent", () => next.sluice.stats().sent === 2);
  assertEquals(names(next.service), ["aaaa", "cccc"]);
  assertEquals(next.sluice.stats().dropped, 1);
  assertMatch(next.errors[0]?.message ?? "", /^1 events of the spool cannot be read .*checksum/);
  assertEquals(next.errors.length, 1);
});

Deno.test("events that are settled are neither sent nor reported again after a kill", async () => {
  const files = new MemoryFiles();
  const { sluice, service, clock } = open({ files });
  service.answer = ({ events }) =>
    accept(
      events,
      ({ eventType }) =>
        eventType === "wrong"
          ? "Wrong"
          : eventType === "later"
          ? "Not stored; send it again"
          : null,
    );
  await sluice.trackAll([{ eventType: "a" }, { eventType: "wrong" }, { eventType: "later" }]);
  await pass(clock, "results", () => sluice.stats().queued === 1);
  const next = open({ files, pid: 2, ...gone });
  await pass(next.clock, "the rest to be sent", () => next.sluice.stats().sent === 1);
  assertEquals([names(next.service), next.errors], [["later"], []]);
});

Deno.test("processes that share a spool have a folder each, and leave each other alone", async () => {
  const files = new MemoryFiles();
  const [first, second] = [1, 2].map((pid) => open({ files, pid, service: awayService() }));
  await first?.sluice.track({ eventType: "a" });
  await second?.sluice.track({ eventType: "b" });
  const folders = [first?.sluice.stats().spool, second?.sluice.stats().spool];
  assertEquals(new Set(folders).size, 2);
  assertEquals(files.paths(".events").length, 2);
  const third = open({ files, pid: 3 });
  await third.clock.during(third.sluice.flush());
  assertEquals(names(third.service), []);
});

Deno.test("in a container that is restarted, the process with the old number is not the old one", async () => {
  const files = new MemoryFiles();
  await open({ files, pid: 1, service: awayService() }).sluice.track({ eventType: "a" });
  const sibling = open({ files, pid: 1 });
  await sibling.clock.during(sibling.sluice.flush());
  assertEquals(names(sibling.service), [], "another instance of this process lives");
  const restarted = open({ files, pid: 1, startedAt: 5_000 });
  await restarted.clock.during(restarted.sluice.flush());
  assertEquals(names(restarted.service), ["a"]);
});

Deno.test("a process of another host is taken for dead when its heartbeat has stopped for a minute", async () => {
  const files = new MemoryFiles();
  const clock = new FakeClock();
  const lost = open({ files, service: awayService(), clock: new FakeClock() });
  await lost.sluice.track({ eventType: "a" });
  for (const file of files.files.values()) file.touchedAt = clock.now();
  const next = open({ files, pid: 2, clock });
  await clock.advance(30_000);
  assertEquals(next.sluice.stats().queued, 0);
  await pass(clock, "the event to be sent", () => next.sluice.stats().sent === 1);
  assertLessOrEqual(clock.monotonic(), 125_000);
});

Deno.test("an owner whose folder was taken over promises nothing that the other may not have read", async () => {
  const files = new MemoryFiles();
  const service = awayService();
  const owner = open({ files, service });
  await owner.sluice.track({ eventType: "a" });
  // Wrongly taken for dead, while a record is being synced.
  let release = () => {};
  files.holdSync = new Promise((resolve) => release = resolve);
  let durable = "";
  owner.sluice.track({ eventType: "b" }).then((tracked) => durable = tracked.durable);
  await pass(owner.clock, "a request", () => service.requests.length > 0);
  const other = open({ files, pid: 2, ...gone });
  await pass(other.clock, "a to be sent", () => names(other.service).includes("a"));
  release();
  files.holdSync = null;
  await pass(owner.clock, "the problem", () => owner.errors.some(({ code }) => code === "spool"));
  assertEquals(durable, "");
  service.answer = () => undefined;
  await pass(owner.clock, "b to be acknowledged", () => durable !== "");
  assertEquals(durable, "service");
  // The next event is in a folder of its own again.
  assertEquals((await owner.sluice.track({ eventType: "c" })).durable, "spool");
});

Deno.test("while the disk fails, events are in memory and promised when the service has them", async () => {
  for (const failing of ["create", "append", "sync"] as const) {
    const files = new MemoryFiles();
    const service = new FakeService();
    const { sluice, clock, errors } = open({ files, service });
    files.failing = { [failing]: new Error("ENOSPC: no space left on device") };
    const { durable } = await clock.during(sluice.track({ eventType: "a" }));
    assertEquals(durable, "service");
    await clock.during(sluice.track({ eventType: "b" }));
    assertEquals(errors.map(({ message }) => message), [
      "Events are only in memory, as the spool fails: ENOSPC: no space left on device",
    ]);
    files.failing = {};
    assertEquals((await sluice.track({ eventType: "c" })).durable, "spool");
    await pass(clock, "c to be sent", () => sluice.stats().sent === 3);
    assertEquals(sluice.stats().problem, null);
  }
});

Deno.test("files that cannot be removed are removed later, and stop nothing until then", async () => {
  const files = new MemoryFiles();
  const { sluice, clock, errors, service } = open({ files });
  files.failing = { remove: new Error("EACCES: permission denied") };
  const text = "x".repeat(20_000);
  const events = Array.from({ length: 240 }, (_, n) => ({ eventType: String(n), props: { text } }));
  await clock.during(sluice.trackAll(events));
  await pass(clock, "all events to be sent", () => sluice.stats().queued === 0);
  assertEquals(files.paths(".events").length, 5);
  files.failing = { ...files.failing, create: new Error("EACCES"), append: new Error("EACCES") };
  const late = [await clock.during(sluice.track({ eventType: "a" }))];
  late.push(await clock.during(sluice.track({ eventType: "b" })));
  assertEquals(late.map(({ durable }) => durable), ["service", "service"]);
  files.failing = {};
  assertEquals((await clock.during(sluice.track({ eventType: "c" }))).durable, "spool");
  await pass(clock, "c to be sent", () => sluice.stats().sent === 243);
  assertEquals(names(service).length, 243);
  assertLessOrEqual(files.paths(".events").length, 1);
  assertEquals(errors.map(({ code }) => code), ["spool"]);
});

Deno.test("shutdown ends where the folder cannot be removed", async () => {
  const files = new MemoryFiles();
  const { sluice, clock } = open({ files });
  await sluice.track({ eventType: "a" });
  files.failing = { remove: new Error("EACCES: permission denied") };
  const { sent, queued } = await clock.during(sluice.shutdown());
  assertEquals([sent, queued], [1, 0]);
});

Deno.test("a large spool is not kept in memory, is sent in order, and disappears as it is sent", async () => {
  const files = new MemoryFiles();
  const service = awayService();
  const { sluice, clock } = open({ files, service });
  const text = "x".repeat(20_000);
  const wanted: string[] = [];
  for (let n = 0; n < 300; n++) {
    wanted.push(String(n));
    await sluice.track({ eventType: String(n), props: { text } });
  }
  assertEquals(files.paths(".events").length, 6);
  service.answer = () => undefined;
  await pass(clock, "all events to be sent", () => sluice.stats().queued === 0);
  assertEquals([...new Set(names(service))], wanted);
  assertLessOrEqual(files.paths(".events").length, 1);
  assertEquals(sluice.stats().queuedBytes, 0);
});

Deno.test("an event that a proxy always blocks does not keep the file that it is in", async () => {
  const files = new MemoryFiles();
  const { sluice, service, clock } = open({ files });
  service.answer = ({ events }) =>
    events.some(({ eventType }) => eventType === "blocked")
      ? new Response("<h1>Forbidden</h1>", { status: 403 })
      : undefined;
  const text = "x".repeat(50_000);
  for (let round = 1; round <= 3; round++) {
    await sluice.track({ eventType: "blocked" });
    await sluice.trackAll(Array.from({ length: 30 }, () => ({ eventType: "a", props: { text } })));
    await pass(clock, "the others to be sent", () => sluice.stats().sent === round * 30);
  }
  await sluice.track({ eventType: "a" });
  await pass(clock, "the last to be sent", () => sluice.stats().sent === 91);
  assertLessOrEqual(files.paths(".events").length, 2);
  assertEquals(sluice.stats().queued, 3);
  const next = open({ files, pid: 2, ...gone });
  await pass(next.clock, "all to be sent", () => next.sluice.stats().sent === 3);
  assertEquals(names(next.service), ["blocked", "blocked", "blocked"]);
});

Deno.test("nothing is created before the first event", async () => {
  const files = new MemoryFiles();
  const { sluice, clock } = open({ files });
  await clock.during(sluice.flush());
  assertEquals([files.files.size, files.folders.size], [0, 0]);
});

Deno.test("events for one service are never sent to another", async () => {
  const files = new MemoryFiles();
  await open({ files, service: awayService() }).sluice.track({ eventType: "a" });
  const other = open({ files, pid: 2, ...gone, url: "https://other.example" });
  await other.clock.during(other.sluice.flush());
  assertEquals(names(other.service), []);
});
