import { assert, assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { until } from "../support/until.ts";
import { openIdentify } from "../support/identify.ts";
import { type IdentityProvider, startIdentityProvider } from "../support/jwks.ts";
import { captureLogs } from "../support/logs.ts";
import { generateKeyPair, SignJWT } from "jose";

const SECRET = "0123456789abcdef0123456789abcdef";
const NOW = Date.parse("2026-03-01T12:00:00.000Z");

const claims = { sub: "user_1", role: "ADMIN" };
const identity = { userId: "user_1", role: "ADMIN", creatorId: null, brandId: null };

function identifyWith(jwksUrl: string, secret: string | null = null, now = () => NOW) {
  return openIdentify({ secret, jwksUrl }, now);
}

function hs256(secret: Uint8Array): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "key-RS256" }).sign(secret);
}

// The provider keeps serving between tests, which the sanitizer of Deno 2.5 reports as a leak.
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false });
}

let provider: IdentityProvider;
Deno.test.beforeAll(async () => {
  provider = await startIdentityProvider();
});
Deno.test.afterAll(async () => await provider[Symbol.asyncDispose]());

for (const alg of ["RS256", "ES256"] as const) {
  test(`6.1 an ${alg} token is verified by the keys of AUTH_JWKS_URL`, async () => {
    const identify = identifyWith(provider.url);
    assertEquals(await identify(await provider.sign(alg, claims)), identity);
    const expired = await provider.sign(alg, { ...claims, exp: NOW / 1000 });
    assertEquals(await identify(expired), null);
  });

  test(`6.1 an ${alg} token signed with another key is invalid`, async () => {
    const { privateKey } = await generateKeyPair(alg);
    for (const kid of [`key-${alg}`, "key-unknown"]) {
      const forged = await new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(privateKey);
      assertEquals(await identifyWith(provider.url)(forged), null);
    }
  });
}

test("6.1 with secret and JWKS both set, each kind of token is verified with its own", async () => {
  const identify = identifyWith(provider.url, SECRET);
  assertEquals(await identify(await hs256(new TextEncoder().encode(SECRET))), identity);
  assertEquals(await identify(await provider.sign("RS256", claims)), identity);
});

test("6.1 an HS256 token signed with a public key is invalid", async () => {
  const known = new TextEncoder().encode(provider.publicPem);
  for (const secret of [null, SECRET]) {
    assertEquals(await identifyWith(provider.url, secret)(await hs256(known)), null);
  }
});

test("6.1 a token that names one algorithm and is signed with the key of another is invalid", async () => {
  const token = await provider.sign("ES256", claims);
  const [, payload, signature] = token.split(".");
  const header = btoa(JSON.stringify({ alg: "RS256", kid: "key-ES256" })).replace(/=+$/, "");
  assertEquals(await identifyWith(provider.url)(`${header}.${payload}.${signature}`), null);
});

test("the keys are fetched once for all tokens", async () => {
  const before = provider.requests;
  const identify = identifyWith(provider.url);
  assertEquals(provider.requests, before);
  for (const sub of ["a", "b", "c"]) {
    assertEquals((await identify(await provider.sign("RS256", { sub })))?.userId, sub);
  }
  assertEquals(provider.requests, before + 1);
});

test("a cached token needs no keys until it expires", async () => {
  let now = NOW;
  const identify = identifyWith(provider.url, null, () => now);
  const token = await provider.sign("ES256", { ...claims, exp: NOW / 1000 + 10 });
  assertEquals(await identify(token), identity);
  now = NOW + 9_999;
  assertEquals(await identify(token), identity);
  now = NOW + 10_000;
  assertEquals(await identify(token), null);
});

for (const status of [500, 200]) {
  test(`6.8 the log warns once that no keys can be read, status ${status}, without the URL`, async () => {
    await using logs = await captureLogs();
    await using outage = await startIdentityProvider(() => new Response("<html>", { status }));
    using identify = identifyWith(outage.url);
    const token = await outage.sign("RS256", claims);
    for (let i = 0; i < 3; i++) assertEquals(await identify.all(token), { kind: "unverified" });
    assertEquals([outage.requests, logs.of("warning").length], [1, 1]);
    assert(!JSON.stringify(logs.records).includes(outage.url));
  });
}

test("6.8 a key server that cannot be reached leaves tokens unverified, with a warning in the log", async () => {
  await using logs = await captureLogs();
  const gone = await startIdentityProvider();
  const token = await gone.sign("RS256", claims);
  await gone[Symbol.asyncDispose]();
  assertEquals(await identifyWith(gone.url).all(token), { kind: "unverified" });
  assertEquals(logs.of("warning").length, 1);
  assert(!JSON.stringify(logs.records).includes(gone.url), JSON.stringify(logs.records));
});

test("6.8 keys older than five minutes are read again beside the requests", async () => {
  const clock = new FakeClock(NOW);
  await using rotating = await startIdentityProvider();
  using identify = openIdentify({ jwksUrl: rotating.url }, clock.now, clock);
  const old = await rotating.sign("RS256", claims);
  assertEquals(await identify(old), identity);
  await rotating.rotate("-2");
  await clock.advance(300_001);
  const other = await rotating.sign("RS256", { sub: "user_2" });
  assertEquals(rotating.requests, 1);
  assertEquals(await identify(old), identity); // by the keys in use, while new ones are read
  await until(() => rotating.requests === 2, "the keys to be read");
  await until(async () => await identify(other) !== null, "the new keys");
  await clock.advance(60_001); // the cache
  assertEquals((await identify.all(old)).kind, "refused");
});

test("6.8 a token without a key id is verified by any key of its algorithm", async () => {
  const [one, two] = [await startIdentityProvider(), await startIdentityProvider()];
  await using both = await startIdentityProvider(async () => {
    const sets = await Promise.all([one, two].map(async ({ url }) => (await fetch(url)).json()));
    return Response.json({ keys: sets.flatMap(({ keys }) => keys) });
  });
  using identify = identifyWith(both.url);
  for (const provider of [one, two]) {
    assertEquals(await identify(await provider.sign("ES256", claims, {})), identity);
  }
  assertEquals((await identify.all(await both.sign("ES256", claims, {}))).kind, "refused");
  await one[Symbol.asyncDispose]();
  await two[Symbol.asyncDispose]();
});

test("6.9 a token whose key is not known is refused for that", async () => {
  using identify = identifyWith(provider.url);
  const result = await identify.all(await provider.sign("RS256", claims, { kid: "unknown" }));
  assertEquals<unknown>(result, {
    kind: "refused",
    reason: "key",
    message: "its key is not among those of AUTH_JWKS_URL",
  });
});
