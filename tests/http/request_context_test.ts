import { assertEquals, assertLess } from "../support/assert.ts";
import { type ContextOptions, requestContext } from "../../src/http/request_context.ts";

const REMOTE = "192.0.2.1";
const DIRECT: ContextOptions = {
  trustedProxies: 0,
  clientIpHeader: null,
  locationHeaders: "none",
  honorGpc: true,
};

function addressOf(
  forwarded: string | null,
  trustedProxies: number,
  remote: string | null = REMOTE,
) {
  const headers = new Headers(forwarded === null ? {} : { "x-forwarded-for": forwarded });
  return requestContext(headers, remote, { ...DIRECT, trustedProxies }).ip;
}

Deno.test("the context of a request is its address, user agent, referrer and language", () => {
  const headers = new Headers({
    "user-agent": "Firefox",
    "referer": "https://example.com/",
    "accept-language": "de, en;q=0.5",
    "cookie": "session=secret",
  });
  assertEquals(requestContext(headers, REMOTE, DIRECT), {
    ip: REMOTE,
    userAgent: "Firefox",
    referrer: "https://example.com/",
    language: "de, en;q=0.5",
    clientHints: null,
    place: null,
  });
});

Deno.test("missing headers are null, and so are an empty user agent and language", () => {
  for (const sent of [{}, { "user-agent": "", "accept-language": "" }]) {
    assertEquals(requestContext(new Headers(sent), null, DIRECT), {
      ip: null,
      userAgent: null,
      referrer: null,
      language: null,
      clientHints: null,
      place: null,
    });
  }
});

Deno.test("client hints are kept unparsed", () => {
  const headers = new Headers({
    "sec-ch-ua": '"Chromium";v="131"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Windows"',
  });
  assertEquals(requestContext(headers, REMOTE, DIRECT).clientHints, {
    brands: '"Chromium";v="131"',
    fullVersions: null,
    platform: '"Windows"',
    platformVersion: null,
    mobile: "?0",
    model: null,
  });
});

const sent = new Headers({
  "cf-ipcountry": "de",
  "cf-ipcity": "Berlin",
  "x-vercel-ip-country": "FR",
  "x-vercel-ip-country-region": "IDF",
  "x-vercel-ip-city": "Vitry%20le%20Fran%C3%A7ois",
  "cloudfront-viewer-country": "JP",
  "cloudfront-viewer-country-region-name": "Tokyo",
  "cloudfront-viewer-city": "Chiyoda",
  "x-country-code": "NZ",
});

Deno.test("1.12 location headers count only if they are those of the platform in LOCATION_HEADERS", () => {
  const placeBy = (locationHeaders: ContextOptions["locationHeaders"], trustedProxies = 1) =>
    requestContext(sent, REMOTE, { ...DIRECT, locationHeaders, trustedProxies }).place;
  assertEquals(placeBy("none"), null);
  assertEquals(placeBy("cloudflare"), { country: "DE", region: null, city: "Berlin" });
  assertEquals(placeBy("cloudflare", 0), { country: "DE", region: null, city: "Berlin" });
  assertEquals(placeBy("vercel"), { country: "FR", region: "IDF", city: "Vitry le François" });
  assertEquals(placeBy("cloudfront"), { country: "JP", region: "Tokyo", city: "Chiyoda" });
  assertEquals(placeBy("fastly"), { country: "NZ", region: null, city: null });
});

Deno.test("1.12 names of places are read as the platform encodes them", () => {
  const cityOf = (locationHeaders: "cloudflare" | "vercel", city: string) => {
    const country = { "cf-ipcountry": "BR", "x-vercel-ip-country": "BR" };
    const headers = new Headers({ ...country, "cf-ipcity": city, "x-vercel-ip-city": city });
    return requestContext(headers, REMOTE, { ...DIRECT, locationHeaders }).place?.city;
  };
  // The bytes of UTF-8, as the server receives them.
  assertEquals(cityOf("cloudflare", "S\u00c3\u00a3o Paulo"), "São Paulo");
  assertEquals(cityOf("cloudflare", "S\u00e3o Paulo"), "São Paulo"); // Latin-1
  assertEquals(cityOf("vercel", "S%C3%A3o%20Paulo"), "São Paulo");
  assertEquals(cityOf("vercel", "100%"), "100%");
});

Deno.test("1.12 a country that the platform does not know is none", () => {
  for (const country of ["XX", "T1", "Germany", ""]) {
    const headers = new Headers({ "cf-ipcountry": country, "x-vercel-ip-country": "FR" });
    const options = { ...DIRECT, locationHeaders: "cloudflare" } as const;
    assertEquals(requestContext(headers, REMOTE, options).place, null, country);
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
  const { userAgent, referrer, language } = requestContext(headers, REMOTE, DIRECT);
  assertEquals([userAgent, referrer, language].map((text) => text?.length), [512, 2048, 128]);
});

Deno.test("an overlong forwarded address is truncated", () => {
  assertLess(addressOf("x".repeat(70_000), 1)?.length ?? 0, 64);
});

Deno.test("7.6 Sec-GPC: 1 makes the context anonymous, unless HONOR_GPC is off", () => {
  const headers = new Headers({ "sec-gpc": "1" });
  assertEquals(requestContext(headers, REMOTE, DIRECT).anonymous, true);
  assertEquals(
    requestContext(headers, REMOTE, { ...DIRECT, honorGpc: false }).anonymous,
    undefined,
  );
  // A proxy may have doubled it.
  for (const value of ["1, 1", "0, 1", "1,0", " 1 "]) {
    const doubled = new Headers({ "sec-gpc": value });
    assertEquals(requestContext(doubled, REMOTE, DIRECT).anonymous, true, value);
  }
  for (const value of ["0", "0, 0", "", "11", "true", "?1"]) {
    const other = new Headers({ "sec-gpc": value });
    assertEquals(requestContext(other, REMOTE, DIRECT).anonymous, undefined, value);
  }
});
