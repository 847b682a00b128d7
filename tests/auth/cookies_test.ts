/** Which cookies may say who a caller is, in one part or in chunks. */

import fc from "fast-check";
import { type Cookie, createFindCookies } from "../../src/auth/cookies.ts";
import { readTokens } from "../../src/auth/token.ts";
import { assertEquals, assertLess, assertLessOrEqual } from "../support/assert.ts";

function find(patterns: string, header: string): readonly Cookie[] {
  return createFindCookies(patterns.split(","))(header);
}

/** `name=value` of each cookie that is found. */
function show(patterns: string, header: string): string[] {
  return find(patterns, header).map(({ name, value }) => `${name}=${value}`);
}

const cases: readonly (readonly [name: string, patterns: string, header: string, string[]])[] = [
  ["one of several names", "a,session", "session=1; b=2", ["session=1"]],
  ["several of several names", "a,b", "b=2; a=1; c=3", ["b=2", "a=1"]],
  ["a pattern", "sb-*-auth-token", "sb-x-auth-token=1; sb-auth-token=2; sb-x-auth-tokens=3", [
    "sb-x-auth-token=1",
  ]],
  ["a pattern whose star stands for nothing", "sess*", "sess=1; session=2; ses=3", [
    "sess=1",
    "session=2",
  ]],
  ["a pattern whose two ends may not overlap", "aba*aba", "ababa=1; abaaba=2", ["abaaba=2"]],
  ["a name with a prefix, first", "session", "session=1; __Secure-session=2; __Host-session=3", [
    "__Host-session=3",
    "__Secure-session=2",
    "session=1",
  ]],
  ["no name without the prefix that it must have", "__Host-session", "session=1", []],
  ["chunks, in any order", "s-t", "s-t.1=b; x=y; s-t.0=a; s-t.2=c", ["s-t=abc"]],
  ["chunks by their number, not as text", "s", chunks("s", 12), [
    `s=${"0123456789".split("").join("")}1011`,
  ]],
  ["chunks up to the one that is missing", "s", "s.0=a; s.1=b; s.3=d", ["s=ab"]],
  ["no chunks without the first", "s", "s.1=b; s.2=c", []],
  ["quoted chunks", "s", 's.0="a"; s.1="b"', ["s=ab"]],
  ["whole cookies before chunks", "s", "s.0=a; s=w; s.1=b", ["s=w", "s=ab"]],
  ["chunks that a parent of the host has set as well", "s", "s.0=a; s.1=b; s.0=x; s.1=y", [
    "s=ab",
    "s=xy",
  ]],
  ["chunks with a prefix", "s", "s.0=a; __Secure-s.0=b; __Secure-s.1=c", ["__Secure-s=bc", "s=a"]],
  ["a name that ends like a chunk", "s.1", "s.1=a", ["s.1=a"]],
  ["no chunk beyond the sixteenth", "s", "s.0=a; s.16=b; s.01=c", ["s=a"]],
  ["one of two equal cookies", "s", 's=a; s="a"', ["s=a"]],
  // A page of a subdomain can set a cookie whose name only looks like one with a prefix.
  [
    "no name that other characters than spaces precede",
    "s",
    "a=1; \xa0__Host-s=x; \ufeffs=y;\t s=z\t",
    [
      "s=z",
    ],
  ],
  ["a value with a space of another kind", "s", "s=\xa0a ", ["s=\xa0a"]],
  ["nothing without a name or a value", "s", "=a; s; s=; ;", []],
];

function chunks(name: string, count: number): string {
  return Array.from({ length: count }, (_, i) => `${name}.${i}=${i}`).toReversed().join("; ");
}

for (const [name, patterns, header, found] of cases) {
  Deno.test(`6.13 cookies: ${name}`, () => assertEquals(show(patterns, header), found));
}

Deno.test("6.13 a cookie is kept as it was sent, with its chunks and no other cookie", () => {
  const header = 'a=b; s.1="y"; s.0=x%3D;c=d';
  assertEquals(find("s", header), [{ name: "s", value: "x%3Dy", sent: 's.0=x%3D; s.1="y"' }]);
});

Deno.test("6.13 at most five cookies count, and of those with a prefix first", () => {
  const many = Array.from({ length: 50 }, (_, i) => `s${i}=${i}`);
  assertEquals(show("s*", many.join("; ")), ["s0=0", "s1=1", "s2=2", "s3=3", "s4=4"]);
  const [first] = show("s*", [...many, "__Host-s=h"].join("; "));
  assertEquals(first, "__Host-s=h");
});

Deno.test("6.13 any header is read, in linear time", () => {
  const part = fc.constantFrom("s", "s.0", "s.1", "=", ";", " ", '"', "x", "__Host-", "%", "é");
  fc.assert(fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
    for (const { value, sent } of find("s*,x", parts.join(""))) {
      assertLessOrEqual(value.length, sent.length);
    }
  }));
  const find16 = createFindCookies(["a*b", "s"]);
  const hostile = ["s.0=x; ".repeat(9_000), "a".repeat(64_000), `${"ab".repeat(30_000)}=1`];
  const start = performance.now();
  for (const header of hostile) find16(header);
  assertLess(performance.now() - start, 1_000);
});

Deno.test("6.7 6.13 the cookie of the dashboard counts before those of the site", () => {
  const own = ["__Host-s=1", "__Secure-s=2", "s=3", "sluice_admin=4", "__Host-sluice_admin=5"];
  assertEquals(show("s", own.join("; ")), [
    "__Host-sluice_admin=5",
    "__Host-s=1",
    "__Secure-s=2",
    "sluice_admin=4",
    "s=3",
  ]);
});

function encode(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

const SESSION = { access_token: "a.b.c", refresh_token: "r", user: { name: "Zoë ÿÿ" } };
const wrapped: Readonly<Record<string, string>> = {
  [`base64-${encode(JSON.stringify(SESSION))}`]: "a.b.c",
  [
    `base64-${
      encode(JSON.stringify(SESSION)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")
    }`
  ]: "a.b.c",
  [encodeURIComponent(JSON.stringify(SESSION))]: "a.b.c",
  [JSON.stringify({ access_token: "a.b.c" })]: "a.b.c",
  [encodeURIComponent(JSON.stringify(["a.b.c", "r", null]))]: "a.b.c",
  "base64-???": "base64-???",
  "base64-e30": "base64-e30",
  "%7B": "%7B",
  "%5B%": "%5B%",
  "[null]": "[null]",
  "a.b.c": "a.b.c",
};

for (const [value, token] of Object.entries(wrapped)) {
  Deno.test(`6.14 the token of the cookie ${value.slice(0, 30)} is ${token}`, () => {
    const found = readTokens(
      new Headers({ cookie: `s=${value}` }),
      createFindCookies(["s"]),
    );
    assertEquals(found.map(({ text }) => text), [token]);
  });
}
