import { assertEquals } from "../support/assert.ts";
import { decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { createFindCookies } from "../../src/auth/cookies.ts";
import { mintToken, readTokens } from "../../src/auth/token.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const NOW = Date.parse("2026-03-01T12:00:00.999Z");

function textsOf(headers: HeadersInit, cookies: readonly string[]): readonly string[] {
  return readTokens(new Headers(headers), createFindCookies(cookies)).map(({ text }) => text);
}

const found: readonly (readonly [name: string, headers: HeadersInit, tokens: readonly string[]])[] =
  [
    ["a bearer's", { authorization: "Bearer a.b.c" }, ["a.b.c"]],
    ["a bearer's, in any case and with any spaces", { authorization: "bEARER   a.b.c" }, ["a.b.c"]],
    ["the cookie's", { cookie: "session=a.b.c" }, ["a.b.c"]],
    ["the cookie's among others", { cookie: "theme=dark; session=a.b.c; lang=de" }, ["a.b.c"]],
    ["the cookie's, equals signs included", { cookie: "session=a.b.c==" }, ["a.b.c=="]],
    ["the cookie's in quotes", { cookie: 'session="a.b.c"; x="y"' }, ["a.b.c"]],
    ["none of a cookie with nothing in quotes", { cookie: 'session=""' }, []],
    ["one of two cookies that differ in quotes", { cookie: 'session=a; session="a"' }, ["a"]],
    ["both of two cookies", { cookie: "session=a; session=b" }, ["a", "b"]],
    ["one of two equal cookies", { cookie: "session=a; session=a" }, ["a"]],
    [
      "the first five of many cookies",
      { cookie: Array.from({ length: 9 }, (_, i) => `session=${i}`).join("; ") },
      ["0", "1", "2", "3", "4"],
    ],
    ["none of an empty cookie", { cookie: "session=" }, []],
    ["the bearer's before the cookie's", { authorization: "Bearer b", cookie: "session=c" }, ["b"]],
    ["the cookie's beside another scheme", { authorization: "Basic dTpw", cookie: "session=c" }, [
      "c",
    ]],
    ["none without headers", {}, []],
    ["none of an empty bearer", { authorization: "Bearer " }, []],
    ["a bearer's after a tab", { authorization: "Bearer\ta.b.c" }, ["a.b.c"]],
    ["all of a bearer with a space, to be refused", { authorization: "Bearer a b" }, ["a b"]],
    ["a JWT without a scheme", { authorization: "a.b.c" }, ["a.b.c"]],
    ["a JWT under another scheme", { authorization: "JWT a.b.c" }, ["a.b.c"]],
    ["none of a text that is no JWT", { authorization: "Bearera" }, []],
    ["none of cookies with a longer name", { cookie: "mysession=a; session2=b; session" }, []],
    ["none of a cookie whose name differs in case", { cookie: "Session=a" }, []],
  ];

for (const [name, headers, tokens] of found) {
  Deno.test(`6.1 readTokens() finds ${name}`, () => {
    assertEquals(textsOf(headers, ["session"]), tokens);
  });
}

Deno.test("6.1 the cookie's name is a setting", () => {
  const headers = { cookie: "session=a; __Host-auth=b" };
  assertEquals(textsOf(headers, ["__Host-auth"]), ["b"]);
});

Deno.test("mintToken() signs HS256 with every claim it is given", async () => {
  const claims = {
    sub: "user_1",
    role: "CREATOR",
    creatorId: "creator_1",
    brandId: "brand_1",
    issuer: "https://id.example",
    audience: "sluice",
    expiresInSeconds: 600,
  };
  const token = await mintToken(SECRET, claims, NOW);
  assertEquals(decodeProtectedHeader(token), { alg: "HS256", typ: "JWT" });
  const { payload } = await jwtVerify(token, new TextEncoder().encode(SECRET), {
    currentDate: new Date(NOW),
  });
  assertEquals<Record<string, unknown>>(payload, {
    sub: "user_1",
    role: "CREATOR",
    creatorId: "creator_1",
    brandId: "brand_1",
    iss: "https://id.example",
    aud: "sluice",
    iat: Math.floor(NOW / 1000),
    exp: Math.floor(NOW / 1000) + 600,
  });
});

Deno.test("mintToken() leaves out issuer and audience if there are none", async () => {
  const claims = { sub: "u", role: "ADMIN", issuer: null, audience: null, expiresInSeconds: 1 };
  const payload = decodeJwt(await mintToken(SECRET, claims, NOW));
  assertEquals(Object.keys(payload).sort(), ["exp", "iat", "role", "sub"]);
});
