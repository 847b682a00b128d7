import {
  assert,
  assertEquals,
  assertGreater,
  assertNotEquals,
  assertStrictEquals,
} from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { captureLogs } from "../support/logs.ts";
import { type JWTPayload, SignJWT } from "jose";
import { openIdentify } from "../support/identify.ts";
import type { AuthConfig } from "../../src/config.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const NOW_S = NOW / 1000;

const claims = { sub: "user_1", role: "CREATOR", creatorId: "creator_1" };
const identity = { userId: "user_1", role: "CREATOR", creatorId: "creator_1", brandId: null };

function sign(payload: JWTPayload, secret = SECRET, alg = "HS256"): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
}

function identifyAt(now: number, change: Partial<AuthConfig> = {}) {
  return openIdentify({ secret: SECRET, ...change }, () => now);
}

function part(value: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

Deno.test("6.1 an HS256 token proves the identity in its claims", async () => {
  const identify = identifyAt(NOW);
  assertEquals(await identify(await sign(claims)), identity);
  assertEquals(await identify(await sign({ sub: "b", role: "BRAND", brandId: "brand_1" })), {
    userId: "b",
    role: "BRAND",
    creatorId: null,
    brandId: "brand_1",
  });
  assertEquals(await identify(await sign({ sub: "x" })), {
    userId: "x",
    role: null,
    creatorId: null,
    brandId: null,
  });
});

const header = part({ alg: "HS256" });
const unusable: Readonly<Record<string, string | Promise<string>>> = {
  "that is empty": "",
  "that is not a JWT": "garbage",
  "of three meaningless parts": "a.b.c",
  "of four parts": `${header}.${part(claims)}.x.y`,
  "whose header is not an object": `${part("HS256")}.${part(claims)}.x`,
  "that is encrypted": `${part({ alg: "dir", enc: "A256GCM" })}..iv.text.tag`,
  "with algorithm none": `${part({ alg: "none" })}.${part(claims)}.`,
  "with algorithm None": `${part({ alg: "None" })}.${part(claims)}.`,
  "without an algorithm": `${part({ typ: "JWT" })}.${part(claims)}.x`,
  "without a signature": `${header}.${part(claims)}.`,
  "signed with another secret": sign(claims, "another secret of thirty-two bytes"),
  "with HS512, which is not configured": sign(claims, SECRET.repeat(2), "HS512"),
  "with RS256 where there are no keys": `${part({ alg: "RS256" })}.${part(claims)}.x`,
  "with an unknown critical extension": `${part({ alg: "HS256", crit: ["exp2"], exp2: 1 })}.${
    part(claims)
  }.x`,
  "that has expired": sign({ ...claims, exp: NOW_S - 1 }),
  "that expires right now": sign({ ...claims, exp: NOW_S }),
  "that is not yet valid": sign({ ...claims, nbf: NOW_S + 11 }),
  "without sub": sign({ role: "ADMIN" }),
  "with an empty sub": sign({ sub: "", role: "ADMIN" }),
  "whose sub is no whole number": sign({ sub: 1.5 as unknown as string }),
  "whose sub is a number that may have been another": sign({ sub: 2 ** 53 as unknown as string }),
  "whose sub is too long": sign({ sub: "u".repeat(256) }),
};

for (const [name, token] of Object.entries(unusable)) {
  Deno.test(`6.2 with a token ${name} the caller is anonymous, without an error`, async () => {
    assertEquals(await identifyAt(NOW)(await token), null);
  });
}

Deno.test("6.1 a token is valid from nbf to exp", async () => {
  assertEquals(await identifyAt(NOW)(await sign({ ...claims, exp: NOW_S + 1 })), identity);
  assertEquals(await identifyAt(NOW)(await sign({ ...claims, nbf: NOW_S })), identity);
});

Deno.test("6.1 a token with a changed payload is invalid", async () => {
  const [head, , signature] = (await sign(claims)).split(".");
  const forged = `${head}.${part({ ...claims, role: "ADMIN" })}.${signature}`;
  assertEquals(await identifyAt(NOW)(forged), null);
});

Deno.test("6.5 a claim may have 255 characters; a longer one counts as absent", async () => {
  const longest = "x".repeat(255);
  const taken = { sub: longest, role: longest, creatorId: longest, brandId: longest };
  assertEquals(await identifyAt(NOW)(await sign(taken)), {
    userId: longest,
    role: longest,
    creatorId: longest,
    brandId: longest,
  });
  const longer = { sub: "u", role: `${longest}x`, creatorId: `${longest}x`, brandId: ["b"] };
  assertEquals(await identifyAt(NOW)(await sign(longer)), {
    userId: "u",
    role: null,
    creatorId: null,
    brandId: null,
  });
});

Deno.test("6.5 an oversized token is rejected before anything is verified", async () => {
  const giant = await sign({ ...claims, filler: "x".repeat(8192) });
  const large = await sign({ ...claims, filler: "x".repeat(5500) });
  assertGreater(giant.length, 8192);
  assertGreater(large.length, 7000);
  assertEquals(await identifyAt(NOW)(giant), null);
  assertEquals(await identifyAt(NOW)(large), identity);
});

const checked: readonly (readonly [keyof AuthConfig, claim: string, good: unknown[]])[] = [
  ["issuer", "iss", ["wanted"]],
  ["audience", "aud", ["wanted", ["other", "wanted"]]],
];

for (const [setting, claim, good] of checked) {
  Deno.test(`6.1 the ${setting} is checked if it is set, and only then`, async () => {
    const strict = identifyAt(NOW, { [setting]: "wanted" });
    for (const value of good) {
      assertEquals(await strict(await sign({ ...claims, [claim]: value })), identity);
    }
    for (const value of ["another", "wanted ", "", undefined]) {
      const token = await sign({ ...claims, ...(value === undefined ? {} : { [claim]: value }) });
      assertEquals(await strict(token), null, String(value));
      assertEquals(await identifyAt(NOW)(token), identity);
    }
  });
}

Deno.test("6.3 with neither secret nor keys every token is invalid, even one signed with an empty secret", async () => {
  const identify = identifyAt(NOW, { secret: null });
  assertEquals(await identify(await sign(claims)), null);
  const head = part({ alg: "HS256" });
  assertEquals(await identify(`${head}.${part(claims)}.`), null);
});

Deno.test("6.6 a cached token is invalid from the instant that it expires", async () => {
  let now = NOW;
  const identify = openIdentify({ secret: SECRET }, () => now);
  const token = await sign({ ...claims, exp: NOW_S + 30 });
  assertEquals(await identify(token), identity);
  now = NOW + 29_999;
  assertEquals(await identify(token), identity);
  now = NOW + 30_000;
  assertEquals(await identify(token), null);
});

Deno.test("6.6 a verified token is cached for at most a minute", async () => {
  let now = NOW;
  const identify = openIdentify({ secret: SECRET }, () => now);
  const token = await sign(claims);
  const first = await identify(token);
  now = NOW + 59_999;
  assertStrictEquals(await identify(token), first);
  now = NOW + 60_000;
  assert(await identify(token) !== first, "the cached identity");
  assertEquals(await identify(token), identity);
});

Deno.test("a token cached before the clock was set back is verified again", async () => {
  let now = NOW;
  const identify = openIdentify({ secret: SECRET }, () => now);
  const token = await sign(claims);
  const first = await identify(token);
  now = NOW - 3_600_000;
  assert(await identify(token) !== first, "the cached identity");
});

Deno.test("the cache never mixes up two tokens", async () => {
  const identify = identifyAt(NOW);
  const [one, other] = await Promise.all([sign(claims), sign({ ...claims, sub: "user_2" })]);
  assertEquals((await identify(one))?.userId, "user_1");
  assertNotEquals(await identify(other), await identify(one));
  assertEquals(await identify(`${one}x`), null);
});

Deno.test("6.1 a clock that is a few seconds behind the identity provider's costs no user", async () => {
  const ahead = { iat: NOW_S + 10, nbf: NOW_S + 10 };
  assertEquals(await identifyAt(NOW)(await sign({ ...claims, ...ahead })), identity);
  assertEquals(await identifyAt(NOW)(await sign({ ...claims, iat: NOW_S + 3600 })), identity);
});

Deno.test("6.1 ids that are whole numbers become their decimal text", async () => {
  for (const id of [5, 0, -7, Number.MAX_SAFE_INTEGER]) {
    const token = await sign({ sub: id as unknown as string, role: "BRAND", brandId: id });
    const expected = { userId: String(id), role: "BRAND", creatorId: null, brandId: String(id) };
    assertEquals(await identifyAt(NOW)(token), expected);
  }
});

Deno.test("6.1 of several tokens, the first that is valid identifies the caller", async () => {
  const identify = identifyAt(NOW);
  const [expired, good] = [await sign({ ...claims, exp: NOW_S - 60 }), await sign(claims)];
  for (const tokens of [[expired, good], ["garbage", expired, good], [good, "garbage"]]) {
    assertEquals(await identify.all(...tokens), { kind: "identified", identity, isAdmin: false });
  }
  assertEquals(identify.refusals, []);
  assertEquals((await identify.all(expired, "garbage")).kind, "refused");
  assertEquals(identify.refusals.map(({ reason }) => reason), ["expired"]);
});

Deno.test("6.17 without aud, client_id or azp says whom a token is for", async () => {
  const audience = "client_1";
  const good = [{ client_id: audience }, { azp: audience }, { aud: audience, azp: "other" }];
  const bad = [{}, { client_id: "other" }, { azp: "other" }, { aud: "other", azp: audience }, {
    aud: [],
    client_id: audience,
  }, { client_id: "other", azp: audience }];
  for (const change of good) {
    assertEquals(
      await identifyAt(NOW, { audience })(await sign({ ...claims, ...change })),
      identity,
    );
  }
  for (const change of bad) {
    const result = await identifyAt(NOW, { audience }).all(await sign({ ...claims, ...change }));
    assertEquals(
      result.kind === "refused" && result.message,
      "its audience is not client_1 (AUTH_AUDIENCE)",
      JSON.stringify(change),
    );
  }
});

const OTHER_SECRET = "another secret of thirty-two bytes";
const reasons: readonly (readonly [Promise<string> | string, reason: string, message: string])[] = [
  ["garbage", "malformed", "it is not a valid JWT"],
  ["x".repeat(8193), "too_long", "it is longer than 8192 characters"],
  [
    `${part({ alg: "EdDSA" })}.${part(claims)}.x`,
    "algorithm",
    "its algorithm EdDSA is not accepted, must be HS256",
  ],
  [
    `${part({ alg: "my secret" })}.${part(claims)}.x`,
    "algorithm",
    "its algorithm is not accepted, must be HS256",
  ],
  [sign(claims, OTHER_SECRET), "signature", "its signature is wrong"],
  [
    sign({ ...claims, iss: "us", aud: "a", exp: NOW_S - 60 }),
    "expired",
    "it expired at 2026-03-01T11:59:00.000Z",
  ],
  [
    sign({ ...claims, iss: "us", aud: "a", exp: NOW_S }),
    "expired",
    "it expired at 2026-03-01T12:00:00.000Z",
  ],
  [sign({ ...claims, iss: "us", aud: "a", exp: -1e17 }), "expired", "it expired"],
  [
    sign({ ...claims, iss: "us", aud: "a", nbf: NOW_S + 60 }),
    "not_yet_valid",
    "it is not valid before 2026-03-01T12:01:00.000Z",
  ],
  [sign({ ...claims, iss: "us", aud: "a", nbf: 1e17 }), "not_yet_valid", "it is not valid"],
  [sign({ ...claims, iss: "them", aud: "a" }), "issuer", "its issuer is not us (AUTH_ISSUER)"],
  [sign({ ...claims, aud: "a" }), "issuer", "its issuer is not us (AUTH_ISSUER)"],
  [sign({ ...claims, iss: "us", aud: "b" }), "audience", "its audience is not a (AUTH_AUDIENCE)"],
  [
    sign({ role: "ADMIN", iss: "us", aud: "a" }),
    "subject",
    "its claim sub is missing, must be a text of 1 to 255 characters or a whole number within ±9007199254740991",
  ],
  [
    sign({ ...claims, iss: "us", aud: "a", exp: "soon" as unknown as number }),
    "claim",
    "its claim exp must be a number of seconds since 1970",
  ],
];

Deno.test("6.9 a refusal says why", async () => {
  for (const [token, reason, message] of reasons) {
    const identify = identifyAt(NOW, { issuer: "us", audience: "a" });
    const result = await identify.all(await token);
    assertEquals<unknown>(result, { kind: "refused", reason, message });
    assertEquals(identify.refusals.length, 1);
  }
  const unset = identifyAt(NOW, { secret: null });
  assertEquals<unknown>(await unset.all(await sign(claims)), {
    kind: "refused",
    reason: "not_configured",
    message: "neither AUTH_JWT_SECRET nor AUTH_JWKS_URL is set",
  });
});

Deno.test("6.9 the log warns of refused tokens at most once a minute, and contains nothing of them", async () => {
  await using logs = await captureLogs();
  const clock = new FakeClock(NOW);
  using identify = openIdentify({ secret: SECRET }, clock.now, clock);
  const token = await sign(claims, OTHER_SECRET);
  for (let i = 0; i < 5; i++) await identify(token);
  const warnings = () => logs.of("warning").map(({ properties }) => properties["count"]);
  assertEquals(warnings(), [1]);
  await clock.advance(60_000);
  await identify(token);
  assertEquals(warnings(), [1, 5]);
  for (const other of Object.values(unusable)) await identify(await other);
  await clock.advance(60_000);
  for (const other of Object.values(unusable)) await identify(await other);
  const logged = JSON.stringify(logs.records);
  for (const text of [...await Promise.all(Object.values(unusable)), token, "user_1", "exp2"]) {
    if (text !== "") assert(!logged.includes(text), `the log contains ${text}`);
  }
});
