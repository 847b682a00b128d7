import fc from "fast-check";
import { isIP } from "node:net";
import { assert, assertEquals } from "../support/assert.ts";
import { parsePublicAddress } from "../../src/enrichment/public_address.ts";

const forms: readonly (readonly [form: string, given: string, text: string])[] = [
  ["IPv4", "8.8.8.8", "8.8.8.8"],
  ["IPv4 between spaces", " 8.8.8.8 ", "8.8.8.8"],
  ["IPv4 with a port", "8.8.8.8:5678", "8.8.8.8"],
  ["IPv6", "2001:4860:4860::8888", "2001:4860:4860::8888"],
  ["IPv6 in capitals and full length", "2A00:1450:4001:0000:0:0:0:200E", "2a00:1450:4001::200e"],
  ["IPv6 in brackets", "[2620:fe::fe]", "2620:fe::fe"],
  ["IPv6 in brackets with a port", "[2620:fe::fe]:443", "2620:fe::fe"],
  ["IPv6 with a zone", "2620:fe::fe%eth0", "2620:fe::fe"],
  ["IPv6 with a zone, in brackets with a port", "[2620:fe::fe%eth0]:80", "2620:fe::fe"],
  ["IPv4 mapped into IPv6", "::ffff:1.2.3.4", "1.2.3.4"],
  ["mapped IPv4 in hexadecimal", "::FFFF:0102:0304", "1.2.3.4"],
  ["mapped IPv4 in full length", "0:0:0:0:0:ffff:1.2.3.4", "1.2.3.4"],
  ["mapped IPv4 in brackets with a port", "[::ffff:1.2.3.4]:80", "1.2.3.4"],
];

for (const [form, given, text] of forms) {
  Deno.test(`an address is parsed as ${form}`, () => {
    assertEquals(parsePublicAddress(given), text);
  });
}

const reserved: Readonly<Record<string, readonly string[]>> = {
  "private": ["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd12:3456::1"],
  "mapped private": ["::ffff:192.168.1.1", "::ffff:10.0.0.1", "[::ffff:127.0.0.1]:80"],
  "loopback": ["127.0.0.1", "127.255.255.254", "::1", "[::1]:80"],
  "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "[fe80::1%25eth0]:80"],
  "carrier-grade NAT": ["100.64.0.1", "100.127.255.255"],
  "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.7:80", "2001:db8::1", "3fff:fff::1"],
  "multicast, broadcast and reserved": ["224.0.0.1", "255.255.255.255", "240.0.0.1", "ff02::1"],
  "unspecified": ["0.0.0.0", "::", "[::]:3000"],
  "tunnelled": ["2001:0:53aa:64c::1", "::1.2.3.4", "64:ff9b::808:808"],
};

for (const [kind, addresses] of Object.entries(reserved)) {
  Deno.test(`an address is not public where it is ${kind}`, () => {
    assertEquals(addresses.map(parsePublicAddress), addresses.map(() => null));
  });
}

Deno.test("the neighbours of reserved networks are public", () => {
  const neighbours = ["9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1"];
  const more = ["172.15.255.255", "172.32.0.0", "192.167.0.1", "198.20.0.0", "223.255.255.255"];
  const v6 = ["2001:200::1", "2001:db7::1", "2001:db9::1", "3fff:1000::1", "2000::1"];
  for (const text of [...neighbours, ...more, ...v6]) {
    assertEquals(parsePublicAddress(text), text);
  }
});

Deno.test("other text is not an address", () => {
  const junk = ["", " ", "unknown", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4."];
  const odd = ["1.2.3.4:", "1.2.3.4:123456", "0x8.8.8.8", "8.8.8.8%eth0", "٨.٨.٨.٨", "example.com"];
  const v6 = [
    ":",
    ":::",
    "[",
    "[]",
    "[2620:fe::fe",
    "2620:fe::fe]",
    "2620::fe::1",
    "2620:fe::fffff",
  ];
  const url = [
    "2620:fe::fe]:80/[",
    "[2620:fe::fe]@host",
    "[8.8.8.8]",
    "2620:fe::fe/64",
    "8.8.8.8/8",
  ];
  for (const text of [...junk, ...odd, ...v6, ...url]) {
    assertEquals(parsePublicAddress(text), null, text);
  }
});

Deno.test("arbitrary text is an address or null", () => {
  const anything = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) });
  const nearly = fc.string({ unit: fc.constantFrom(..."0129af:.[]%/ ") });
  const v6 = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
    .map((groups) => groups.map((group) => group.toString(16)).join(":"));
  fc.assert(fc.property(fc.oneof(anything, nearly, fc.ipV4(), v6), (text) => {
    const address = parsePublicAddress(text);
    assert(address === null || isIP(address) === (address.includes(":") ? 6 : 4));
  }));
});
