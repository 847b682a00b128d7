import { assertEquals, assertLess } from "../support/assert.ts";
import { requestContext } from "../../src/http/request_context.ts";

const REMOTE = "192.0.2.1";

function addressOf(
  forwarded: string | null,
  trustedProxies: number,
  remote: string | null = REMOTE,
) {
  const headers = new Headers(forwarded === null ? {} : { "x-forwarded-for": forwarded });
  return requestContext(headers, remote, trustedProxies).ip;
}

Deno.test("the context of a request is its address, user agent, referrer and language", () => {
  const headers = new Headers({
    "user-agent": "Firefox",
    "referer": "https://example.com/",
    "accept-language": "de, en;q=0.5",
    "cookie": "session=secret",
  });
  assertEquals(requestContext(headers, REMOTE, 0), {
    ip: REMOTE,
    userAgent: "Firefox",
    referrer: "https://example.com/",
    language: "de, en;q=0.5",
    clientHints: null,
    place: null,
  });
});

Deno.test("missing headers are null", () => {
  assertEquals(requestContext(new Headers(), null, 0), {
    ip: null,
    userAgent: null,
    referrer: null,
    language: null,
    clientHints: null,
    place: null,
  });
});

Deno.test("client hints are kept unparsed", () => {
  const headers = new Headers({
    "sec-ch-ua": '"Chromium";v="131"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Windows"',
  });
  assertEquals(requestContext(headers, REMOTE, 0).clientHints, {
    brands: '"Chromium";v="131"',
    fullVersions: null,
    platform: '"Windows"',
    platformVersion: null,
    mobile: "?0",
    model: null,
  });
});

Deno.test("1.12 place headers count only behind a trusted proxy", () => {
  const headers = new Headers({ "cf-ipcountry": "de", "x-vercel-ip-city": "M%C3%BCnchen" });
  assertEquals(requestContext(headers, REMOTE, 0).place, null);
  assertEquals(requestContext(headers, REMOTE, 1).place, {
    country: "DE",
    region: null,
    city: "München",
  });
  for (const country of ["XX", "T1", "Germany", ""]) {
    const unknown = new Headers({ "cf-ipcountry": country });
    assertEquals(requestContext(unknown, REMOTE, 1).place, null, country);
  }
});

const addresses: readonly (readonly [
  name: string,
  forwarded: string | null,
  trustedProxies: number,
  ip: string,
])[] = [
  ["without trusted proxies, X-Forwarded-For is ignored", "198.51.100.9", 0, REMOTE],
  ["behind one proxy, the address is the one that it added", "198.51.100.9", 1, "198.51.100.9"],
  [
    "behind one proxy, addresses from the caller are ignored",
    "6.6.6.6, 198.51.100.9",
    1,
    "198.51.100.9",
  ],
  [
    "behind two proxies, the address is the one that the first added",
    "6.6.6.6, 198.51.100.9, 10.0.0.1",
    2,
    "198.51.100.9",
  ],
  [
    "with fewer entries than proxies, the address is the first entry",
    "198.51.100.9",
    3,
    "198.51.100.9",
  ],
  ["without the header, the address is the connection's", null, 1, REMOTE],
  ["with an empty header, the address is the connection's", " , ,", 1, REMOTE],
  ["spaces and empty entries do not count", " 198.51.100.9 ,, ", 1, "198.51.100.9"],
  ["an IPv6 address is unchanged", "2001:db8::1", 1, "2001:db8::1"],
];

for (const [name, forwarded, trustedProxies, ip] of addresses) {
  Deno.test(name, () => assertEquals(addressOf(forwarded, trustedProxies), ip));
}

Deno.test("long headers are truncated, so that an event's line fits into a KV value", () => {
  const long = "x".repeat(10_000);
  const headers = new Headers({ "user-agent": long, "referer": long, "accept-language": long });
  const { userAgent, referrer, language } = requestContext(headers, REMOTE, 0);
  assertEquals([userAgent, referrer, language].map((text) => text?.length), [512, 2048, 128]);
});

Deno.test("an overlong forwarded address is truncated", () => {
  assertLess(addressOf("x".repeat(70_000), 1)?.length ?? 0, 64);
});

Deno.test("7.6 Sec-GPC: 1 makes the context anonymous, unless HONOR_GPC is off", () => {
  const headers = new Headers({ "sec-gpc": "1" });
  assertEquals(requestContext(headers, REMOTE, 0).anonymous, true);
  assertEquals(requestContext(headers, REMOTE, 0, false).anonymous, undefined);
  assertEquals(requestContext(new Headers({ "sec-gpc": "0" }), REMOTE, 0).anonymous, undefined);
});
