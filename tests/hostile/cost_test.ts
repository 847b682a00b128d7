/** Requests that are small to send and expensive to look at: count and size are checked first. */

import { createUrlFilter } from "../../src/events/url_filter.ts";
import { createAdmit } from "../../src/admission/admit.ts";
import { isLongerThan } from "../../src/admission/size.ts";
import { MAX_BODY_BYTES } from "../../src/http/body.ts";
import { createCaller } from "../../src/trpc/router.ts";
import { openTestApp } from "../support/app.ts";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertRejects,
} from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { contextOf } from "../support/events.ts";
import { newId } from "../support/ids.ts";
import { openClosedDatabase, refusalOf } from "../support/server.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

/** A list, and how many of its items were looked at. */
function watch(items: unknown[]): { list: unknown[]; looks: () => number } {
  let looks = 0;
  const list = new Proxy(items, {
    get(target, key) {
      if (typeof key === "string" && /^\d+$/.test(key)) looks += 1;
      return Reflect.get(target, key);
    },
  });
  return { list, looks: () => looks };
}

const anonymous = { identity: null, context: contextOf({ ip: "203.0.113.1" }) };

Deno.test("2.17 3.1 a batch of half a million is rejected by its count, without a look at any item", async () => {
  const { list, looks } = watch(Array(500_000).fill(0));
  const { eventIngestion } = createCaller({
    service: { limit: () => null },
    request: anonymous.context,
    identify: () => null,
  } as never);
  const error = await assertRejects(() => eventIngestion.trackBatch({ events: list as never }));
  assertEquals(String(error), "TRPCError: events must have at most 50 entries, got 500000");
  assertEquals(looks(), 0);
});

const admit = createAdmit({
  urls: createUrlFilter([]),
  now: Date.now,
  newId,
  clockToleranceMs: 5_000,
  strictEventTypes: false,
  deduplicate: true,
  fingerprintContent: "auto",
});

function keys(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [i.toString(36), 0]));
}

Deno.test("2.7 2.17 an event far too large is rejected by its size, before validation, copies and hashes", () => {
  const { list, looks } = watch(Array(500_000).fill({}));
  const idempotencyKey = newId();
  const far: [name: string, event: Record<string, unknown>][] = [
    ["a list", { props: { list } }],
    ["a list for props", { props: list }],
    ["a list in lists", { props: { deep: [[[list]]] } }],
    ["many keys", { props: keys(90_000) }],
    ["many keys and no eventType", { eventType: undefined, props: keys(90_000) }],
    ["one long text", { props: { text: "x".repeat(40_000) } }],
    ["a long URL", { attribution: { referrer: `https://${"%".repeat(900_000)}` } }],
    ["a long landing page", { attribution: { landingPage: "https://x/".padEnd(40_000, "y") } }],
  ];
  for (const [name, event] of far) {
    const admission = admit({ eventType: "x", idempotencyKey, ...event }, anonymous);
    assertEquals([name, admission.ok || admission.rejection], [name, {
      kind: "too_large",
      message: "The event is more than 32768 bytes of JSON, which is the limit",
    }]);
  }
  assertEquals(looks(), 0);
});

Deno.test("what the schema ignores does not count for the size of an event", () => {
  for (const more of [{ zz: keys(90_000) }, { attribution: { zz: "x".repeat(40_000) } }]) {
    assert(admit({ eventType: "x", sessionId: newId(), ...more }, anonymous).ok);
  }
});

Deno.test("isLongerThan() never counts more characters than JSON has, and looks at no more than the limit", () => {
  const values = [null, 0, -1.5, true, "", "a", '"', [], {}, [[]], [0, "x"], { a: {} }, {
    a: 1,
    b: [2],
  }];
  for (const value of [...values, keys(50), Array(50).fill("x")]) {
    const { length } = JSON.stringify(value);
    assert(!isLongerThan(value, length), JSON.stringify(value));
  }
  assert(isLongerThan("x".repeat(11), 10));
  assert(isLongerThan({ [`${"x".repeat(11)}`]: 0 }, 10));
  const { list, looks } = watch(Array(20_000).fill("x".repeat(10)));
  assert(isLongerThan(list, 32_768));
  assertLess(looks(), 20_001);
});

Deno.test("2.14 2.17 a batch that is rejected as a whole counts for the rate limit like the events in it", async () => {
  const environment = { RATE_LIMIT_EVENTS_PER_SECOND: "0.1", TRUST_PROXY: "1" };
  const from = { "x-forwarded-for": "203.0.113.1" };
  const items = (count: number) => ({ events: Array(count).fill(0) });
  const rejected: [body: unknown, status: number, left: number][] = [
    [items(51), 413, 0],
    [items(100_000), 413, 0],
    [items(0), 400, 49],
    [{ events: {} }, 400, 49],
    ["[]", 400, 49],
  ];
  for (const [body, status, left] of rejected) {
    await using app = await openTestApp(database, { environment });
    assertEquals((await refusalOf(app.post("/v1/events/batch", body, from))).status, status);
    let passed = 0;
    for (let n = 0; n < 50; n++) {
      const { ok, body } = await app.post("/v1/events", { eventType: `limit ${n}` }, from);
      await body?.cancel();
      if (ok) passed += 1;
    }
    assertEquals(passed, left);
    const again = await app.post("/v1/events/batch", body, from);
    assertEquals((await refusalOf(again)).status, 429);
    assertGreaterOrEqual(Number(again.headers.get("retry-after")), 10);
  }
});

Deno.test("2.19 an address whose long bodies are expensive has to wait with them, and with nothing else", async () => {
  const clock = new FakeClock(Date.now());
  await using app = await openTestApp(database, {
    environment: { TRUST_PROXY: "1" },
    parts: (parts) => ({ ...parts, clock }),
  });
  const body = JSON.stringify({ eventType: "x", ...keys(90_000) });
  const packed = await new Response(
    new Blob([body]).stream().pipeThrough(new CompressionStream("gzip")),
  ).arrayBuffer();
  async function post(path: string, ip: string): Promise<Response> {
    return await app.app.fetch(
      new Request(`http://sluice.test${path}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "content-encoding": "gzip",
          "x-forwarded-for": ip,
        },
        body: packed,
      }),
    );
  }
  const paths = ["/v1/events", "/v1/beacon", "/api/trpc/eventIngestion.track"];
  let limited: Response | null = null;
  for (let n = 0; n < 500 && limited === null; n++) {
    const response = await post(paths[n % paths.length] ?? "", "203.0.113.1");
    if (response.status === 429) limited = response;
    else await response.body?.cancel();
  }
  assert(limited !== null);
  assertGreaterOrEqual(Number(limited.headers.get("retry-after")), 1);
  await limited.body?.cancel();
  for (const path of paths) {
    const response = await post(path, "203.0.113.1");
    await response.body?.cancel();
    assertEquals([path, response.status], [path, 429]);
  }
  const other = await post("/v1/events", "203.0.113.2");
  await other.body?.cancel();
  assertEquals(other.status, 200);
  const small = await app.post("/v1/events", { eventType: "small" }, {
    "x-forwarded-for": "203.0.113.1",
  });
  assertEquals(await small.json(), { eventId: null, tracked: true });
});

Deno.test("2.18 an address whose uploads do not end keeps no other from sending long bodies", async () => {
  await using app = await openTestApp(database, { environment: { TRUST_PROXY: "1" } });
  const almost = new Uint8Array(MAX_BODY_BYTES - 1).fill(0x20);
  function post(body: ReadableStream<Uint8Array<ArrayBuffer>>, ip: string): Promise<Response> {
    return Promise.resolve(app.app.fetch(
      new Request("http://sluice.test/v1/events", {
        method: "POST",
        headers: { "content-type": "application/json", "x-forwarded-for": ip },
        body,
      }),
    ));
  }
  const uploads = Array.from({ length: 70 }, () => new TransformStream<Uint8Array<ArrayBuffer>>());
  const writers = uploads.map(({ writable }) => writable.getWriter());
  const responses = uploads.map(({ readable }) => post(readable, "203.0.113.1"));
  await Promise.allSettled(writers.map((writer) => writer.write(almost)));
  const event = JSON.stringify({ eventType: "x", [`${"y".repeat(100_000)}`]: 0 });
  const other = await post(new Blob([event]).stream(), "203.0.113.2");
  assertEquals([other.status, await other.json()], [200, { eventId: null, tracked: true }]);
  await Promise.allSettled(writers.map((writer) => writer.close()));
  const statuses = await Promise.all(responses.map(async (response) => {
    const { status, body } = await response;
    await body?.cancel();
    return status;
  }));
  assertEquals(statuses.filter((status) => status === 400).length, 32); // no JSON
  assertEquals(statuses.filter((status) => status === 429).length, 38);
});
