import { findClientAddress, parseForwarded } from "../../src/http/client_address.ts";
import { parseAddress } from "../../src/ip_address.ts";
import { assertEquals, assertLess } from "../support/assert.ts";

const REMOTE = "192.0.2.1";

const single = [
  "X-Real-IP",
  "CF-Connecting-IP",
  "Fly-Client-IP",
  "True-Client-IP",
  "Fastly-Client-IP",
  "CloudFront-Viewer-Address",
];

for (const clientIpHeader of single) {
  Deno.test(`1.12 CLIENT_IP_HEADER=${clientIpHeader} names the header with the client's address`, () => {
    const find = (headers: Record<string, string>, trustedProxies = 0) =>
      findClientAddress(new Headers(headers), REMOTE, { trustedProxies, clientIpHeader });
    const own = { [clientIpHeader.toLowerCase()]: "198.51.100.9" };
    const others = { "x-forwarded-for": "6.6.6.6", "forwarded": "for=6.6.6.6" };
    assertEquals(find({ ...others, ...own }), "198.51.100.9");
    assertEquals(find({ ...others, ...own }, 1), "198.51.100.9");
    // A client's own header that the proxy did not replace stands before the proxy's.
    assertEquals(find({ [clientIpHeader]: "6.6.6.6, 198.51.100.9" }), "198.51.100.9");
    // Requests that lack it did not come through the proxy.
    assertEquals(find(others), REMOTE);
    assertEquals(find({ ...others, [clientIpHeader]: "" }), REMOTE);
    assertEquals(find({ "x-forwarded-for": "6.6.6.6, 198.51.100.7" }, 1), "198.51.100.7");
  });
}

Deno.test("1.12 CloudFront adds a port to addresses of both kinds", () => {
  const options = { trustedProxies: 0, clientIpHeader: "CloudFront-Viewer-Address" };
  const find = (value: string) =>
    findClientAddress(new Headers({ "cloudfront-viewer-address": value }), REMOTE, options);
  assertEquals(find("198.51.100.9:46532"), "198.51.100.9");
  assertEquals(find("2001:db8:28:108::16:8080"), "2001:db8:28:108::16");
  assertEquals(find("2001:db8:1:2:3:4:5:6:61420"), "2001:db8:1:2:3:4:5:6");
});

Deno.test("1.12 without CLIENT_IP_HEADER none of these headers is trusted", () => {
  const headers = new Headers(
    [...single, "Forwarded"].map((name) => [name, "for=6.6.6.6"] as [string, string]),
  );
  for (const trustedProxies of [0, 1]) {
    const options = { trustedProxies, clientIpHeader: null };
    assertEquals(findClientAddress(headers, REMOTE, options), REMOTE);
  }
});

const forwarded: readonly (readonly [header: string, addresses: (string | null)[]])[] = [
  ["for=192.0.2.60;proto=http;by=203.0.113.43", ["192.0.2.60"]],
  ["proto=http; For=192.0.2.60", ["192.0.2.60"]],
  ['for="192.0.2.60:47011"', ["192.0.2.60:47011"]],
  ['for="[2001:db8:cafe::17]:4711"', ["[2001:db8:cafe::17]:4711"]],
  ['FOR="[2001:db8::1]";by="a,b;c"', ["[2001:db8::1]"]],
  ["for=[2001:db8::1]", ["[2001:db8::1]"]],
  ["for=192.0.2.43, for=198.51.100.17", ["192.0.2.43", "198.51.100.17"]],
  ["for=192.0.2.43,for=198.51.100.17;by=x , ,", ["192.0.2.43", "198.51.100.17"]],
  ['for="a,b", for=198.51.100.17', ["a,b", "198.51.100.17"]],
  ['host="for=6.6.6.6";for=198.51.100.17', ["198.51.100.17"]],
  ['host="x;for=6.6.6.6;";for=198.51.100.17', ["198.51.100.17"]],
  ['for="\\"q\\"", for=_hidden, for=unknown', ['"q"', "_hidden", "unknown"]],
  ['for="192.0.2.43:_port"', ["192.0.2.43:_port"]],
  // Pairs may be empty.
  [";for=192.0.2.43", ["192.0.2.43"]],
  [";; ; for=192.0.2.43;;proto=http;", ["192.0.2.43"]],
  ["proto=http;;for=192.0.2.43, ;for=198.51.100.17", ["192.0.2.43", "198.51.100.17"]],
  ['for=""', [null]],
  ["for=", [null]],
  ["by=203.0.113.43", [null]],
  ["", []],
  // A quote that a client leaves open does not swallow what proxies append.
  ['for="6.6.6.6, for=198.51.100.17', [null, "198.51.100.17"]],
  ['for="6.6.6.6, for="[2001:db8::1]:80"', [null, "[2001:db8::1]:80"]],
];

Deno.test("1.12 Forwarded is read as RFC 7239 says", () => {
  for (const [header, addresses] of forwarded) {
    assertEquals(parseForwarded(header), addresses, header);
  }
});

Deno.test("1.12 in Forwarded, TRUST_PROXY says how many proxies append to it, one by default", () => {
  const find = (header: string, trustedProxies: number) =>
    findClientAddress(new Headers({ forwarded: header }), REMOTE, {
      trustedProxies,
      clientIpHeader: "Forwarded",
    });
  const chain = 'for=6.6.6.6, for="[2001:db8::7]:4711", for=10.0.0.1';
  assertEquals([0, 1, 2, 3, 4].map((trusted) => find(chain, trusted)), [
    "10.0.0.1",
    "10.0.0.1",
    "[2001:db8::7]:4711",
    "6.6.6.6",
    "6.6.6.6",
  ]);
  assertEquals(parseAddress(find(chain, 2) ?? ""), "2001:db8::7");
  assertEquals(find("by=10.0.0.1", 1), REMOTE);
  // The proxy's own element names no client: what the client wrote before it is not believed.
  assertEquals(find("for=9.9.9.9, proto=https", 1), REMOTE);
});

Deno.test("1.12 a long Forwarded is read in a moment", () => {
  for (const part of ['"', 'for="', "for=a,", 'x="a,b";', ";for=", '\\"', "for = ", "; ", ";"]) {
    const start = performance.now();
    parseForwarded(part.repeat(8_000));
    assertLess(performance.now() - start, 10_000, part);
  }
});
