/** The SDK of an app: its queue in a store that answers later, or never. */

import { indexedDbStore } from "../../../src/client/native.ts";
import { asyncStorage } from "../../../src/client/native/async_storage.ts";
import { createNative } from "../../../src/client/native/create.ts";
import type { NativeOptions } from "../../../src/client/native/types.ts";
import { assertEquals, assertMatch, assertThrows } from "../../support/assert.ts";
import { FakePage, unreachable } from "../fake_page.ts";
import { createToken } from "../open.ts";
import { asVersion3, FakeAppState, FakeAsyncStorage, FakeNetInfo } from "./fake_async_storage.ts";
import { openNative, platformOf } from "./open.ts";

const never = () => new Promise<never>(() => {});

/** The numbers in the props of the events that were sent. */
function numbers({ sent }: FakePage): unknown[] {
  return sent.map(({ props }) => props?.["n"]);
}

/** 100 ms with timers that start other timers. */
async function advanceSteps(page: FakePage): Promise<void> {
  for (let n = 0; n < 100; n++) await page.advance(1);
}

/** Keys of stored events. */
function storedEvents({ texts }: FakeAsyncStorage): string[] {
  return [...texts.keys()].filter((key) => key.startsWith("sluice.https://"));
}

/** A device without network. */
function offline(): FakePage {
  return Object.assign(new FakePage(), { respond: unreachable, respondToLivez: unreachable });
}

for (const [version, wrap] of [["2", (s: FakeAsyncStorage) => s], ["3", asVersion3]] as const) {
  Deno.test(`10.30 with AsyncStorage ${version} events are stored, sent, and removed`, async () => {
    const storage = new FakeAsyncStorage();
    const { analytics, page } = openNative({ store: asyncStorage(wrap(storage)) }, storage);
    analytics.track("asset_viewed", { view_duration_ms: 5, n: 1 }, { entityType: "asset" });
    assertEquals(await analytics.saved(), true);
    assertEquals(storedEvents(storage).length, 1);
    assertEquals(await analytics.flush(), { sent: 1, rejected: 0, queued: 0 });
    assertEquals(storedEvents(storage), []);
    const [event] = page.sent;
    assertEquals([event?.eventType, event?.source, event?.entityType], [
      "asset_viewed",
      "mobile",
      "asset",
    ]);
    assertMatch(String(event?.sessionId), /^[\da-f]{8}-[\da-f]{4}-7/);
    assertEquals(event?.attribution, {});
    await analytics.shutdown();
  });
}

Deno.test("10.30 an event is given to the store in the same turn of the event loop", async () => {
  const { analytics, storage } = openNative();
  await analytics.saved(); // the store has been read
  analytics.track("a");
  await Promise.resolve();
  assertEquals(storage.calls.filter(([name]) => name === "setItem").length, 2, "event and session");
  await analytics.shutdown();
});

Deno.test("10.30 what a killed process has stored is sent by the next, with the same key", async () => {
  const killed = openNative({}, new FakeAsyncStorage(), offline());
  for (let n = 0; n < 3; n++) killed.analytics.track("a", { n });
  await killed.analytics.saved();
  const keys = [...killed.storage.texts.values()].flatMap((text) =>
    JSON.parse(text).event?.idempotencyKey ?? []
  );
  const next = openNative({}, killed.storage, new FakePage());
  await next.page.advance(5_000);
  assertEquals(numbers(next.page), [0, 1, 2]);
  assertEquals(next.page.sent.map(({ idempotencyKey }) => idempotencyKey), keys);
  assertEquals(new Set(next.page.sent.map(({ sessionId }) => sessionId)).size, 1);
  assertEquals(storedEvents(next.storage), []);
  next.analytics.track("b");
  await next.analytics.flush();
  assertEquals(next.page.sent[3]?.sessionId, next.page.sent[0]?.sessionId, "the session goes on");
});

Deno.test("10.30 two instances on one store send each event of both, and keep none", async () => {
  const storage = new FakeAsyncStorage();
  const page = new FakePage();
  const [one, two] = [openNative({}, storage, page), openNative({}, storage, page)];
  for (let n = 0; n < 4; n++) (n % 2 ? one : two).analytics.track("a", { n });
  await Promise.all([one.analytics.flush(), two.analytics.flush()]);
  const keys = new Map(
    page.sent.map(({ idempotencyKey, props }) => [idempotencyKey, props?.["n"]]),
  );
  assertEquals([...keys.values()].toSorted(), [0, 1, 2, 3], "one key for each event");
  assertEquals(storedEvents(storage), []);
});

Deno.test("10.31 an opt-out of another instance empties the queue before the next batch", async () => {
  const storage = new FakeAsyncStorage();
  const page = new FakePage();
  const [one, two] = [openNative({}, storage, page), openNative({}, storage, page)];
  one.analytics.track("a");
  await one.analytics.saved();
  two.analytics.optOut();
  await two.analytics.saved();
  assertEquals(await one.analytics.flush(), { sent: 0, rejected: 0, queued: 0 });
  assertEquals([one.analytics.getState().optedOut, page.sent], [true, []]);
  assertEquals([...storage.texts.keys()], ["sluice.opted-out"]);
});

Deno.test("10.31 an opt-out before the store has been read is not undone by what it had", async () => {
  const storage = new FakeAsyncStorage();
  const gate = Promise.withResolvers<void>();
  storage.before = (operation) => operation === "multiGet" ? gate.promise : Promise.resolve();
  const { analytics, page } = openNative({ consent: "required" }, storage);
  analytics.optIn();
  analytics.track("a");
  analytics.optOut();
  gate.resolve();
  await analytics.saved();
  await page.advance(60_000);
  assertEquals([analytics.getState().optedOut, page.requests], [true, []]);
  assertEquals(storage.texts.get("sluice.opted-out"), "1");
});

Deno.test("10.31 an opt-out in an earlier process holds, even for events tracked at once", async () => {
  const storage = new FakeAsyncStorage();
  storage.texts.set("sluice.opted-out", "1");
  const { analytics, page } = openNative({}, storage);
  analytics.track("a");
  await page.advance(60_000);
  assertEquals([page.requests, analytics.getState().queued], [[], 0]);
  assertEquals([...storage.texts.keys()], ["sluice.opted-out"]);
});

Deno.test("10.31 while consent is awaited nothing is stored; optIn() stores and sends", async () => {
  const { analytics, page, storage } = openNative({ consent: "required" });
  analytics.track("a");
  await page.advance(60_000);
  assertEquals([page.requests, [...storage.texts.keys()]], [[], []]);
  assertEquals(await analytics.saved(), false);
  analytics.optIn();
  assertEquals(await analytics.saved(), true);
  await analytics.flush();
  assertEquals(page.sent.length, 1);
});

Deno.test("10.30 what is no event in the store is removed, and others are sent", async () => {
  const killed = openNative({}, new FakeAsyncStorage(), offline());
  killed.analytics.track("a", { n: 1 });
  await killed.analytics.saved();
  const [key = ""] = storedEvents(killed.storage);
  const { texts } = killed.storage;
  for (
    const text of ["", "{", "null", "5", "[]", '{"id":"x"}', texts.get(key)?.slice(0, 50) ?? ""]
  ) {
    texts.set(`sluice.https://events.example corrupt${texts.size}`, text);
  }
  texts.set("sluice.visit", "{");
  texts.set("sluice.offset", "?");
  texts.set("unrelated", "{");
  const { analytics, page } = openNative({}, killed.storage);
  analytics.track("a", { n: 2 });
  await analytics.flush();
  assertEquals(numbers(page).toSorted(), [1, 2]);
  assertEquals(storedEvents(killed.storage), []);
  assertEquals(texts.get("unrelated"), "{");
});

Deno.test("10.30 with a store that rejects, events are sent from memory", async () => {
  const storage = new FakeAsyncStorage();
  storage.before = () => Promise.reject(new Error("locked"));
  const { analytics, page } = openNative({}, storage);
  analytics.track("a", { n: 1 });
  assertEquals(await analytics.saved(), false);
  assertEquals(await analytics.flush(), { sent: 1, rejected: 0, queued: 0 });
  assertEquals(numbers(page), [1]);
});

Deno.test("10.30 a store that throws counts as one that rejects", async () => {
  const broken = () => {
    throw new TypeError("Native module is null");
  };
  const store = { keys: broken, read: broken, write: broken, remove: broken };
  const { analytics } = openNative({ store });
  analytics.track("a");
  assertEquals(await analytics.flush(), { sent: 1, rejected: 0, queued: 0 });
});

Deno.test("10.30 a store that never answers delays the first event by 5 s, and is not waited for again", async () => {
  const storage = new FakeAsyncStorage();
  storage.before = never;
  const { analytics, page } = openNative({ flushIntervalMs: 1 }, storage);
  analytics.track("a", { n: 1 });
  await page.advance(4_999);
  assertEquals(page.requests, []);
  await advanceSteps(page);
  assertEquals(numbers(page), [1]);
  analytics.track("a", { n: 2 });
  await advanceSteps(page);
  assertEquals(numbers(page), [1, 2]);
  storage.before = () => Promise.resolve(); // it works again
  analytics.track("a", { n: 3 });
  await page.settle();
  assertEquals(storedEvents(storage).length, 1);
});

Deno.test("10.30 an event that did not fit is stored when there is room again", async () => {
  const { analytics, storage, page } = openNative({}, new FakeAsyncStorage(), offline());
  analytics.track("a", { n: 1 });
  await analytics.saved();
  storage.quota = 0;
  analytics.track("a", { n: 2 });
  assertEquals(await analytics.saved(), false);
  assertEquals(storedEvents(storage).length, 1);
  storage.quota = Infinity;
  page.respond = ({ events }) =>
    Response.json({
      results: events.map(({ props }) =>
        props?.["n"] === 1 ? { data: {} } : { error: "Wait; send it again" }
      ),
    });
  await analytics.flush();
  assertEquals(await analytics.saved(), true);
  const [left] = storedEvents(storage).map((key) => JSON.parse(storage.texts.get(key) ?? ""));
  assertEquals(left.event.props.n, 2);
});

Deno.test("10.30 one text that cannot be read does not keep others from being sent", async () => {
  const killed = openNative({}, new FakeAsyncStorage(), offline());
  for (let n = 0; n < 3; n++) killed.analytics.track("a", { n });
  await killed.analytics.saved();
  const { storage } = killed;
  const [, huge = ""] = storedEvents(storage);
  storage.before = (operation, ...keys) =>
    operation === "multiGet" && keys.includes(huge)
      ? Promise.reject(new Error("Row too big to fit into CursorWindow"))
      : Promise.resolve();
  const { analytics, page } = openNative({}, storage);
  await analytics.flush();
  assertEquals(numbers(page), [0, 2]);
  assertEquals(storedEvents(storage), [huge]);
});

Deno.test("10.32 an app that goes to the background sends at once; timers do not run there", async () => {
  const appState = new FakeAppState();
  const { analytics, page } = openNative({ appState });
  analytics.track("a");
  await page.settle();
  appState.become("inactive");
  await page.settle();
  assertEquals(page.sent.length, 0);
  appState.become("background");
  await page.settle();
  assertEquals(page.batches.map((events) => events.length), [1]);
  await analytics.shutdown();
  assertEquals(appState.listeners.size, 0);
});

Deno.test("10.32 an app that returns retries at once", async () => {
  const appState = new FakeAppState();
  const { analytics, page } = openNative({ appState }, new FakeAsyncStorage(), offline());
  analytics.track("a");
  await analytics.flush();
  page.respond = new FakePage().respond;
  page.random = 1;
  appState.become("active");
  await page.advance(0);
  assertEquals(analytics.getState().sent, 1);
});

Deno.test("10.32 events are sent as soon as NetInfo says that the network is back", async () => {
  const network = new FakeNetInfo();
  const { analytics, page } = openNative({ network }, new FakeAsyncStorage(), offline());
  analytics.track("a");
  network.connect(false);
  await analytics.flush();
  page.respond = new FakePage().respond;
  network.connect(true);
  await page.advance(0);
  assertEquals(analytics.getState().sent, 1);
  await analytics.shutdown();
  assertEquals(network.listeners.size, 0);
});

Deno.test("10.32 after 30 minutes without an event a session ends", async () => {
  const { analytics, page } = openNative();
  analytics.track("a");
  await page.advance(1_799_000);
  analytics.track("b");
  await page.advance(1_801_000);
  analytics.track("c");
  await analytics.flush();
  const [a, b, c] = page.sent.map(({ sessionId }) => sessionId);
  assertEquals([a === b, b === c], [true, false]);
});

Deno.test("10.8 without atob, too, events belong to the user of the token", async () => {
  const { analytics, page } = openNative();
  const token = createToken({ sub: "zoë ✓".replace(/[^ -~]/g, "x") });
  analytics.identify(token);
  analytics.track("a");
  await analytics.flush();
  assertEquals(page.requests.at(-1)?.headers.get("authorization"), `Bearer ${token}`);
});

Deno.test("randomUUID makes ids where there is no crypto.getRandomValues", async () => {
  const page = new FakePage();
  const { crypto: _, ...platform } = platformOf(page);
  const store = asyncStorage(new FakeAsyncStorage());
  const options = { url: "https://events.example", store };
  const randomUUID = () => crypto.randomUUID();
  const analytics = createNative({ ...options, randomUUID }, platform);
  for (let n = 0; n < 50; n++) analytics.track("a", { n });
  await analytics.flush();
  const keys = page.sent.map(({ idempotencyKey }) => idempotencyKey);
  assertEquals(new Set(keys.map((key) => key.slice(-12))).size, 50);
  for (const key of keys) {
    assertMatch(key, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
  }
});

const VALID: NativeOptions = {
  url: "https://events.example",
  store: asyncStorage(new FakeAsyncStorage()),
};

for (
  const [name, options, message] of [
    ["url", { url: "/" }, "url must be a URL like https://a.example, got /"],
    ["store", { store: new FakeAsyncStorage() }, "indexedDbStore(), got a storage itself"],
    [
      "no store",
      { store: undefined },
      "store must be asyncStorage(AsyncStorage), chromeStorage(…)",
    ],
    ["appState", { appState: "active" }, "appState must be an object with addEventListener"],
    [
      "network",
      { network: {} },
      "network must be an object with addEventListener, such as NetInfo",
    ],
    ["randomUUID", { randomUUID: () => "7" }, "randomUUID must be a function that returns UUIDs"],
    ["batchSize", { batchSize: 0 }, "batchSize must be at least 1, got 0"],
  ] as const
) {
  Deno.test(`10.29 an invalid option of an app is refused by name: ${name}`, () => {
    const given = { ...VALID, ...options } as unknown as NativeOptions;
    const error = assertThrows(() => createNative(given, platformOf(new FakePage())), TypeError);
    assertEquals(error.message.includes(message) ? message : error.message, message);
  });
}

Deno.test("the URL of React Native, which knows few hosts, does not change the service's", async () => {
  /** Appends what it takes for no URL to the base, as React Native's does with capitals. */
  class NativeUrl {
    readonly href: string;
    constructor(url: string, base?: string) {
      this.href = base ? `${base}/${url}` : `${url}/`;
    }
  }
  const { URL } = globalThis;
  const { analytics, page } = (() => {
    Object.assign(globalThis, { URL: NativeUrl });
    try {
      return openNative({ url: "https://Events.example/in" });
    } finally {
      Object.assign(globalThis, { URL });
    }
  })();
  analytics.track("a");
  await analytics.flush();
  assertEquals(page.requests.map(({ path }) => path), ["/in/livez", "/in/v1/batch"]);
});

Deno.test("10.29 without fetch or randomness an app is told what to pass", () => {
  const { crypto: _, ...platform } = platformOf(new FakePage());
  const noRandom = assertThrows(() => createNative(VALID, platform), TypeError);
  assertMatch(
    noRandom.message,
    /expo-crypto, as there is no crypto\.getRandomValues here; got undefined/,
  );
  const { fetch: __, ...offline } = platform;
  const noFetch = assertThrows(() => createNative(VALID, offline), TypeError);
  assertMatch(noFetch.message, /^fetch must be a function, as there is no global fetch here/);
});

Deno.test("a worker's events come from the web, those of an app from mobile", async () => {
  const page = new FakePage();
  const worker = { ...platformOf(page), WorkerGlobalScope: class {} };
  const analytics = createNative({ ...VALID, store: asyncStorage(new FakeAsyncStorage()) }, worker);
  analytics.track("a");
  analytics.track("b", {}, { source: "system" });
  await analytics.flush();
  assertEquals(page.sent.map(({ source }) => source), ["web", "system"]);
});

Deno.test("without IndexedDB its store fails as others do: events are sent from memory", async () => {
  const { analytics } = openNative({ store: indexedDbStore() });
  analytics.track("a");
  assertEquals(await analytics.flush(), { sent: 1, rejected: 0, queued: 0 });
});
