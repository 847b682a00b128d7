import { assertEquals, assertGreater } from "../support/assert.ts";
import { type IdentityProvider, startIdentityProvider } from "../support/jwks.ts";
import { captureLogs } from "../support/logs.ts";
import { generateKeyPair, SignJWT } from "jose";
import { createIdentify } from "../../src/auth/identify.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const NOW = Date.parse("2026-03-01T12:00:00.000Z");

const claims = { sub: "user_1", role: "ADMIN" };
const identity = { userId: "user_1", role: "ADMIN", creatorId: null, brandId: null };

function identifyWith(jwksUrl: string, secret: string | null = null, now = () => NOW) {
  const auth = { secret, jwksUrl, issuer: null, audience: null, cookie: "session" };
  return createIdentify(auth, now);
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

const broken: Readonly<Record<string, () => Response>> = {
  "answers 503": () => new Response("try later", { status: 503 }),
  "answers no JSON": () => new Response("<html>"),
  "answers JSON that is no key set": () => Response.json({ keys: "none" }),
};

for (const [name, answer] of Object.entries(broken)) {
  test(`6.2 callers are anonymous while AUTH_JWKS_URL ${name}, and the log warns of it`, async () => {
    await using logs = await captureLogs();
    await using outage = await startIdentityProvider(answer);
    assertEquals(await identifyWith(outage.url)(await outage.sign("RS256", claims)), null);
    assertGreater(outage.requests, 0);
    assertEquals(logs.of("warning").length, 1);
  });
}

test("6.2 callers are anonymous while AUTH_JWKS_URL cannot be reached, and the log warns of it", async () => {
  await using logs = await captureLogs();
  const gone = await startIdentityProvider();
  const token = await gone.sign("RS256", claims);
  await gone[Symbol.asyncDispose]();
  assertEquals(await identifyWith(gone.url)(token), null);
  assertEquals(logs.of("warning").length, 1);
});
