import {
  assertEquals,
  assertLess,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { SluiceError } from "../../src/server_sdk/errors.ts";
import { createSluice } from "../../src/server_sdk/mod.ts";
import { MemoryFiles } from "./memory_files.ts";
import { accept, open, pass } from "./open.ts";

/** Events named `0`, `1` … */
function events(count: number, props = {}) {
  return Array.from({ length: count }, (_, n) => ({ eventType: String(n), props }));
}

Deno.test("a request has at most 50 events and 60,000 bytes", async () => {
  const { sluice, service, clock } = open();
  await clock.during(sluice.trackAll(events(120)));
  await clock.during(sluice.trackAll(events(5, { text: "x".repeat(25_000) })));
  const sizes = service.batches.map(({ length }) => length);
  assertEquals(sizes.reduce((sum, size) => sum + size), 125);
  assertEquals(Math.max(...sizes), 50);
  assertEquals(sizes.slice(-3), [2, 2, 1]);
});

Deno.test("events leave on their own results: one that is invalid is reported once, one to send again goes first", async () => {
  const { sluice, service, clock, errors } = open({ files: new MemoryFiles() });
  service.answer = ({ events }) =>
    accept(events, ({ eventType }) => {
      if (eventType === "1") return "Rule required_props: license_id is missing";
      return eventType === "2" && service.requests.length === 1
        ? "Not stored; send it again"
        : null;
    });
  await sluice.trackAll(events(4));
  await clock.during(sluice.flush());
  sluice.track({ eventType: "late" });
  await pass(clock, "four events to be sent", () => sluice.stats().sent === 4);
  assertEquals(service.batches, [["0", "1", "2", "3"], ["2", "late"]]);
  const [first, second] = service.requests;
  assertEquals(second?.events[0], first?.events[2], "a retry is the same event");
  assertEquals(errors.map(({ code, kept }) => [code, kept]), [
    ["rejected", false],
    ["unavailable", true],
  ]);
  assertStringIncludes(errors[0]?.message ?? "", "1 was rejected: Rule required_props");
  const { rejected, queued, problem } = sluice.stats();
  assertEquals({ rejected, queued, problem }, { rejected: 1, queued: 0, problem: null });
});

Deno.test("in memory, the promise of an event that the service rejects says why", async () => {
  const { sluice, service, clock } = open();
  service.answer = ({ events }) => accept(events, () => "props.a: too long");
  const error = await clock.during(
    assertRejects(() => sluice.track({ eventType: "a" }), SluiceError),
  );
  assertEquals([error.code, error.kept, error.status], ["rejected", false, 200]);
  assertMatch(error.message, /^a was rejected: props.a: too long$/);
});

Deno.test("retries wait longer each time, with jitter, and send the same events", async () => {
  const { sluice, service, clock, errors } = open({ files: new MemoryFiles() });
  const at: number[] = [];
  service.answer = () => {
    at.push(clock.monotonic());
    if (at.length === 2) throw new TypeError("fetch failed");
    return at.length < 8 ? new Response("busy", { status: 503 }) : undefined;
  };
  await sluice.track({ eventType: "a" });
  await pass(clock, "the event to be sent", () => sluice.stats().sent === 1);
  const waits = at.slice(1).map((ms, i) => Math.round((ms - (at[i] ?? 0)) / 500));
  assertEquals(waits, [1, 2, 4, 8, 16, 32, 60]); // half of 1 s, 2 s …, at most 60 s
  assertEquals(new Set(service.requests.map(({ events }) => JSON.stringify(events))).size, 1);
  assertEquals(errors.map(({ code }) => code), ["unavailable"], "reported once");
});

Deno.test("nothing is sent before the end of a Retry-After, not even by flush", async () => {
  const { sluice, service, clock } = open({ files: new MemoryFiles() });
  service.answer = () =>
    service.requests.length === 1
      ? Response.json({ code: "TOO_MANY_REQUESTS", message: "Slow down; send it again in 30 s" }, {
        status: 429,
        headers: { "retry-after": "30" },
      })
      : undefined;
  await sluice.track({ eventType: "a" });
  await sluice.flush();
  await sluice.flush();
  await clock.advance(29_000);
  assertEquals(service.requests.length, 1);
  await pass(clock, "the event to be sent", () => sluice.stats().sent === 1);
  assertEquals(service.requests.length, 2);
});

Deno.test("a clock that is set back delays neither the next attempt nor the end of shutdown", async () => {
  const retryAfter = { status: 503, headers: { "retry-after": "30" } };
  const { sluice, service, clock } = open({ files: new MemoryFiles() });
  service.answer = () => new Response("", retryAfter);
  await sluice.track({ eventType: "a" });
  await pass(clock, "a request", () => sluice.stats().problem !== null);
  clock.jump(-86_400_000);
  service.answer = () => undefined;
  await clock.advance(31_000);
  await pass(clock, "the event to be sent", () => sluice.stats().sent === 1);

  service.answer = () => new Response("", { status: 503 });
  await sluice.track({ eventType: "b" });
  const startedAt = clock.monotonic();
  const ended = sluice.shutdown(2_000);
  clock.jump(-86_400_000);
  assertEquals((await clock.during(ended)).queued, 1);
  assertLess(clock.monotonic() - startedAt, 2_500);
});

Deno.test("a key that is not accepted stops sending, is reported once and loses nothing", async () => {
  for (const files of [undefined, new MemoryFiles()]) {
    const { sluice, service, clock, errors } = open({ apiKey: "k", ...(files ? { files } : {}) });
    let isRevoked = true;
    service.answer = () =>
      isRevoked
        ? Response.json({ code: "UNAUTHORIZED", message: "The API key was revoked" }, {
          status: 401,
        })
        : undefined;
    const tracked = Promise.allSettled([
      sluice.track({ eventType: "a" }),
      sluice.track({ eventType: "b" }),
    ]);
    await pass(clock, "the request", () => errors.length > 0);
    const [a] = await tracked;
    if (files) assertEquals(a.status, "fulfilled");
    else {assertEquals(a.status === "rejected" && [a.reason.code, a.reason.kept], [
        "unauthorized",
        true,
      ]);}
    const late = sluice.track({ eventType: "c" });
    if (!files) {
      await assertRejects(() => late, SluiceError, "Sending has stopped: HTTP 401: The API key");
    }
    await late.catch(() => {});
    await clock.advance(50_000);
    assertEquals(service.requests.length, 1, "nothing is sent while stopped");
    assertEquals(errors.map(({ code, status }) => [code, status]), [["unauthorized", 401]]);
    assertStringIncludes(sluice.stats().problem ?? "", "The API key was revoked");
    isRevoked = false;
    await pass(clock, "all events to be sent", () => sluice.stats().sent === 3);
    assertEquals(sluice.stats().problem, null);
  }
});

Deno.test("a batch that the service rejects as a whole is halved until the offending event is alone", async () => {
  const { sluice, service, clock, errors } = open({ files: new MemoryFiles() });
  service.answer = ({ events }) =>
    events.some(({ eventType }) => eventType === "5")
      ? Response.json({ code: "PAYLOAD_TOO_LARGE", message: "Too large" }, { status: 413 })
      : undefined;
  await sluice.trackAll(events(8));
  await pass(clock, "an empty queue", () => sluice.stats().queued === 0);
  assertEquals([sluice.stats().sent, sluice.stats().rejected], [7, 1]);
  assertEquals(errors.map(({ message }) => message), ["5 was rejected: Too large"]);
});

Deno.test("an event that a proxy always blocks is kept, alone and last, and delays no other", async () => {
  const { sluice, service, clock, errors } = open({ files: new MemoryFiles() });
  let isBlocked = true;
  service.answer = ({ events }) =>
    isBlocked && events.some(({ eventType }) => eventType === "5")
      ? new Response("<h1>Forbidden</h1>", { status: 403 })
      : undefined;
  await sluice.trackAll(events(8));
  await pass(clock, "the others to be sent", () => sluice.stats().sent === 7);
  for (let n = 0; n < 5; n++) {
    await clock.advance(120_000);
    const before = sluice.stats().sent;
    const at = clock.monotonic();
    await sluice.track({ eventType: "healthy" });
    await pass(clock, "the healthy event to be sent", () => sluice.stats().sent > before);
    assertLess(clock.monotonic() - at, 1_000);
  }
  assertEquals(sluice.stats().queued, 1);
  assertMatch(
    errors[0]?.message ?? "",
    /HTTP 403 that is not from the service; is the URL right\?/,
  );
  isBlocked = false;
  await pass(clock, "the blocked event to be sent", () => sluice.stats().queued === 0);
});

Deno.test("what a gateway answers with a message of its own is not the service's: the event is kept", async () => {
  for (const [status, message] of [[400, "Bad Request"], [413, "Request Too Long"]] as const) {
    for (const body of [{ message }, { statusCode: status, message }, { code: status, message }]) {
      const { sluice, service, clock, errors } = open();
      service.answer = () => Response.json(body, { status });
      const tracked = sluice.track({ eventType: "a" });
      await clock.during(sluice.flush());
      assertEquals([sluice.stats().queued, sluice.stats().rejected], [1, 0]);
      assertMatch(errors[0]?.message ?? "", /^Events are kept: HTTP 4\d\d that is not from the/);
      service.answer = () => undefined;
      assertEquals((await clock.during(tracked)).durable, "service");
    }
  }
});

Deno.test("a redirect is not followed, as the key and the body may be lost on the way", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const asked: string[] = [];
    const arrived = Promise.withResolvers<string>();
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => {
        const url = new URL(request.url);
        asked.push(`${request.method} ${url.pathname}`);
        const headers = { location: `http://localhost:${url.port}/elsewhere` };
        return new Response(null, { status, headers });
      },
    );
    const sluice = createSluice({
      url: `http://127.0.0.1:${server.addr.port}`,
      spool: false,
      flushIntervalMs: 0,
      onError: ({ message }) => arrived.resolve(message),
    });
    sluice.track({ eventType: "a" });
    assertMatch(await arrived.promise, new RegExp(`HTTP ${status} that is not from the service`));
    assertEquals(asked, ["POST /v1/events/batch"]);
    assertEquals((await sluice.shutdown(0)).dropped, 1);
  }
});

Deno.test("times are corrected if this machine's clock is ahead", async () => {
  const { sluice, service, clock, errors } = open({ files: new MemoryFiles() });
  const ahead = 3_600_000;
  service.answer = ({ events }) => {
    const now = clock.now() - ahead;
    const isFuture = (time: unknown) => Date.parse(String(time)) > now + 5_000;
    return accept(
      events,
      ({ props }) => isFuture(props["occurred_at"]) ? "occurred_at is in the future" : null,
      { date: new Date(now).toUTCString() },
    );
  };
  await sluice.track({ eventType: "a" });
  const at = clock.now();
  await pass(clock, "the event to be sent", () => sluice.stats().sent === 1);
  assertEquals(errors.filter(({ code }) => code === "rejected"), []);
  const sent = Date.parse(String(service.requests.at(-1)?.events[0]?.props["occurred_at"]));
  assertLess(Math.abs(sent - (at - ahead)), 2_000);
});

Deno.test("a request without a response ends after 30 s", async () => {
  const { sluice, service, clock, errors } = open({ files: new MemoryFiles() });
  service.answer = () => service.requests.length === 1 ? new Promise(() => {}) : undefined;
  await sluice.track({ eventType: "a" });
  await pass(clock, "the event to be sent", () => sluice.stats().sent === 1);
  assertStringIncludes(errors[0]?.message ?? "", "no response within 30 s");
});
