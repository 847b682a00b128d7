/** Key servers that hang, fail, answer garbage and replace their keys, and what that means to callers. */

import { openTestApp, SECRET, type TestApp } from "../support/app.ts";
import { assertEquals, assertLess, assertMatch } from "../support/assert.ts";
import { bufferedLines } from "../support/buffer.ts";
import { type IdentityProvider, startIdentityProvider } from "../support/jwks.ts";
import { answerOf, openClosedDatabase } from "../support/server.ts";
import { until } from "../support/until.ts";
import { parseLine } from "../../src/events/line.ts";

const database = openClosedDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

/** A request that waits for keys takes this long (contract 6.8); those of a busy machine take less. */
const WAITING_FOR_KEYS_MS = 2_000;

const claims = { sub: "user_1", role: "ADMIN" };
const NOT_STORED = { status: 200, body: { eventId: null, tracked: false } };
const TRACKED = { status: 200, body: { eventId: null, tracked: true } };

function openApp(url: string, environment: Record<string, string> = {}): Promise<TestApp> {
  return openTestApp(database, { environment: { AUTH_JWKS_URL: url, ...environment } });
}

async function bearer(provider: IdentityProvider): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await provider.sign("RS256", claims)}` };
}

function newEvent() {
  return { eventType: "x", idempotencyKey: crypto.randomUUID() };
}

function track(app: TestApp, headers: HeadersInit = {}) {
  return answerOf(app.post("/v1/events", newEvent(), headers));
}

async function usersOf(app: TestApp): Promise<(string | null)[]> {
  return (await bufferedLines(app.kv)).flat().map((line) => parseLine(line).row.user_id);
}

const broken: Readonly<Record<string, (provider: IdentityProvider) => void>> = {
  "hangs": (provider) => provider.hang(),
  "answers 500": (provider) => provider.answer(() => new Response("oops", { status: 500 })),
  "answers garbage": (provider) => provider.answer(() => new Response("<html>")),
  "answers JSON that is no key set": (provider) =>
    provider.answer(() => Response.json({ keys: "none" })),
  "answers an empty key set": (provider) => provider.answer(() => Response.json({ keys: [] })),
  "stalls in the middle": (provider) =>
    provider.answer(() =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode('{"keys":[')),
        }),
      )
    ),
  "redirects": (provider) => provider.answer(() => Response.redirect("http://127.0.0.1:1/")),
};

/** Breaks one key server in each way, all at once, as every request waits for seconds. */
async function inEachWay(
  test: (breakIt: (provider: IdentityProvider) => void) => Promise<void>,
): Promise<void> {
  await Promise.all(
    Object.entries(broken).map(async ([name, breakIt]) => {
      await test(breakIt).catch((error) => {
        throw new Error(`when the key server ${name}: ${error.message}`, { cause: error });
      });
    }),
  );
}

Deno.test("2.9 6.8 while a key server is broken and no keys were ever read, no event with a token is stored as anonymous", async () => {
  await inEachWay(async (breakIt) => {
    await using provider = await startIdentityProvider();
    breakIt(provider);
    await using app = await openApp(provider.url);
    const headers = await bearer(provider);
    assertEquals(await track(app, headers), NOT_STORED);
    const cookie = { cookie: `session=${await provider.sign("ES256", claims)}` };
    assertEquals(await track(app, cookie), NOT_STORED);
    const trpc = await app.post("/api/trpc/eventIngestion.track", newEvent(), headers);
    assertEquals(await trpc.json(), { result: { data: NOT_STORED.body } });
    const batch = await app.post("/v1/events/batch", { events: [newEvent(), newEvent()] }, headers);
    const { successful, results } = await batch.json();
    assertEquals([batch.status, successful], [200, 0]);
    for (const { status, error } of results) {
      assertEquals([status, error], [
        "rejected",
        "The token cannot be verified yet; send it again",
      ]);
    }
    const beacon = await app.post("/v1/beacon", newEvent(), headers);
    assertEquals(beacon.status, 503);
    const admin = await refusalCode(app, headers);
    assertEquals(admin, [503, "SERVICE_UNAVAILABLE"]);
    assertEquals(await usersOf(app), []);
    // Once there are keys, a repeat is stored as its user's.
    provider.answer(null);
    await until(async () => (await track(app, headers)) && await isStored(app), "keys");
    assertEquals(new Set(await usersOf(app)), new Set(["user_1"]));
  });
});

async function refusalCode(app: TestApp, headers: HeadersInit): Promise<[number, string]> {
  const response = await app.get("/api/trpc/eventIngestion.getStats", headers);
  return [response.status, (await response.json()).error.data.code];
}

async function isStored(app: TestApp): Promise<boolean> {
  return (await usersOf(app)).length > 0;
}

Deno.test("6.8 a key server that hangs costs the first request at most two seconds, and others nothing", async () => {
  await using provider = await startIdentityProvider();
  provider.hang();
  await using app = await openApp(provider.url);
  const headers = await bearer(provider);
  const timeOf = async (call: () => Promise<unknown>) => {
    const start = performance.now();
    await call();
    return performance.now() - start;
  };
  const first = await timeOf(() => track(app, headers));
  assertLess(first, 3_000);
  for (let i = 0; i < 20; i++) assertLess(await timeOf(() => track(app, headers)), 300);
});

Deno.test("6.8 keys that arrive after the requests have stopped waiting are used", async () => {
  await using provider = await startIdentityProvider();
  provider.hang();
  await using app = await openApp(provider.url);
  const headers = await bearer(provider);
  assertEquals(await track(app, headers), NOT_STORED);
  const asked = provider.requests;
  provider.answer(null);
  await until(async () => await track(app, headers) && await isStored(app), "the late keys");
  assertEquals([asked, provider.requests], [1, 1]);
});

Deno.test("6.8 callers without a token, or with one of AUTH_JWT_SECRET, do not depend on the key server", async () => {
  await using provider = await startIdentityProvider();
  provider.hang();
  await using app = await openApp(provider.url, { AUTH_JWT_SECRET: SECRET });
  const start = performance.now();
  assertEquals(await track(app), TRACKED);
  assertEquals(
    await track(app, { authorization: `Bearer ${await app.token("CREATOR", "u")}` }),
    TRACKED,
  );
  assertEquals(await track(app, { authorization: "Bearer garbage" }), TRACKED);
  const foreign = {
    cookie: `session=${await provider.sign("RS256", claims)}`,
    origin: "https://e.example",
  };
  assertEquals(await track(app, foreign), TRACKED);
  assertLess(performance.now() - start, WAITING_FOR_KEYS_MS);
  assertEquals((await usersOf(app)).toSorted(), [null, null, null, "u"].toSorted());
});

Deno.test("1.7 2.9 the pixel's event, which is never sent again, is stored as anonymous instead", async () => {
  await using provider = await startIdentityProvider(() => new Response(null, { status: 500 }));
  await using app = await openApp(provider.url);
  const cookie = `session=${await provider.sign("RS256", claims)}`;
  const response = await app.get("/v1/pixel.gif?eventType=email_opened", { cookie });
  await response.body?.cancel();
  assertEquals(await usersOf(app), [null]);
});

Deno.test("6.8 the keys stay in use while the key server is broken", async () => {
  await inEachWay(async (breakIt) => {
    await using provider = await startIdentityProvider();
    await using app = await openApp(provider.url);
    assertEquals(await track(app, await bearer(provider)), TRACKED);
    breakIt(provider);
    // An unknown key causes another read, which does not replace the keys in use.
    const forged = await provider.sign("RS256", { sub: "mallory" }, { kid: "unknown" });
    assertEquals(await track(app, { authorization: `Bearer ${forged}` }), NOT_STORED);
    const start = performance.now();
    assertEquals(await track(app, await bearer(provider)), TRACKED);
    const other = await provider.sign("ES256", { sub: "user_2" });
    assertEquals(await track(app, { authorization: `Bearer ${other}` }), TRACKED);
    assertLess(performance.now() - start, WAITING_FOR_KEYS_MS);
    assertEquals((await usersOf(app)).toSorted(), ["user_1", "user_1", "user_2"]);
  });
});

Deno.test("6.8 new keys are read for the first token that is signed with one", async () => {
  await using provider = await startIdentityProvider();
  await using app = await openApp(provider.url);
  assertEquals(await track(app, await bearer(provider)), TRACKED);
  await provider.rotate("-2");
  assertEquals(await track(app, await bearer(provider)), TRACKED);
  assertEquals(await usersOf(app), ["user_1", "user_1"]);
});

Deno.test("6.8 new keys are read even if they have the ids of the old ones, or none", async () => {
  for (const header of [undefined, {}]) {
    await using provider = await startIdentityProvider();
    await using app = await openApp(provider.url);
    for (let i = 0; i < 2; i++) {
      const token = await provider.sign("RS256", claims, header);
      assertEquals(await track(app, { authorization: `Bearer ${token}` }), TRACKED);
      await provider.rotate("");
    }
    assertEquals(await usersOf(app), ["user_1", "user_1"], JSON.stringify(header));
  }
});

Deno.test("6.8 forged tokens make the keys be read once in ten seconds at most", async () => {
  await using provider = await startIdentityProvider();
  await using app = await openApp(provider.url);
  assertEquals(await track(app, await bearer(provider)), TRACKED);
  const before = provider.requests;
  for (let i = 0; i < 30; i++) {
    const token = await provider.sign("RS256", claims, { kid: `forged-${i}` });
    const headers = { authorization: `Bearer ${token}` };
    // Only the first was looked up: the others could be of new keys.
    assertEquals(await track(app, headers), i === 0 ? TRACKED : NOT_STORED);
  }
  assertEquals(provider.requests - before, 1);
  assertEquals(await track(app, await bearer(provider)), TRACKED);
  assertEquals((await usersOf(app)).toSorted(), ["user_1", "user_1", null].toSorted());
});

Deno.test("2.9 6.8 events by a new key that arrive right after a forged token are kept by their senders", async () => {
  await using provider = await startIdentityProvider();
  await using app = await openApp(provider.url);
  assertEquals(await track(app, await bearer(provider)), TRACKED);
  const forged = await provider.sign("RS256", claims, { kid: "forged" });
  assertEquals(await track(app, { authorization: `Bearer ${forged}` }), TRACKED);
  await provider.rotate("-2");
  const headers = await bearer(provider);
  assertEquals(await track(app, headers), NOT_STORED);
  assertEquals((await app.post("/v1/beacon", newEvent(), headers)).status, 503);
  const batch = await app.post("/v1/events/batch", { events: [newEvent()] }, headers);
  assertMatch((await batch.json()).results[0].error, /cannot be verified yet; send it again$/);
  assertEquals(await refusalCode(app, headers), [503, "SERVICE_UNAVAILABLE"]);
  assertEquals((await usersOf(app)).toSorted(), ["user_1", null].toSorted());
});

Deno.test("6.3 an admin's token that cannot be verified is 503, with the reason", async () => {
  await using provider = await startIdentityProvider(() => new Response(null, { status: 500 }));
  await using app = await openApp(provider.url);
  const response = await app.get("/api/trpc/admin.overview", await bearer(provider));
  const { error } = await response.json();
  assertEquals([response.status, error.data.code], [503, "SERVICE_UNAVAILABLE"]);
  assertMatch(error.message, /AUTH_JWKS_URL/);
  const page = await app.get("/admin", {
    cookie: `session=${await provider.sign("RS256", claims)}`,
  });
  assertEquals(page.status, 503);
  assertMatch(await page.text(), /AUTH_JWKS_URL/);
});
