import { assertEquals } from "./support/assert.ts";
import { toNetworkKey } from "../src/ip_address.ts";

const same: readonly (readonly [network: string, ...texts: string[]])[] = [
  [
    "203.0.113.1",
    "203.0.113.1",
    "203.0.113.1:50123",
    "::ffff:203.0.113.1",
    "::FFFF:203.0.113.1",
    "[::ffff:203.0.113.1]:443",
    "::ffff:203.0.113.1:443",
    "203.0.113.1:_port",
    "[::ffff:203.0.113.1]:_p.o-r_t",
    "0:0:0:0:0:ffff:cb00:7101",
  ],
  ["198.51.100.7", "198.51.100.7", "::ffff:198.51.100.7"],
  [
    "2001:db8:0:0",
    "2001:db8::1",
    "2001:DB8:0:0::1",
    "2001:0db8::2",
    "[2001:db8::1]:443",
    "2001:db8::1%eth0",
    "[2001:db8::1%25eth0]:_port",
    "2001:db8:0:0:9::",
  ],
  ["2001:db8:1:2", "2001:db8:1:2:a:b:c:d", "2001:db8:1:2::"],
  ["0:0:0:1", "::1:0:0:0:1", "0:0:0:1::"],
  ["0:0:0:0", "::1", "::"],
  // What a proxy hides (RFC 7239) is told apart by name, but not by the port of each connection.
  ["_hidden", "_hidden", "_hidden:50123", "_hidden:_port"],
  ["unknown", "unknown", "unknown:50123"],
  ["nonsense", "nonsense"],
  ["::nonsense::", "::nonsense::"],
];

for (const [network, ...texts] of same) {
  Deno.test(`2.8 2.14 ${network} is the network of ${texts.join(" and ")}`, () => {
    for (const text of texts) assertEquals(toNetworkKey(text), network, text);
  });
}

Deno.test("2.14 RATE_LIMIT_IPV6_PREFIX says how many bits of an IPv6 address count", () => {
  const address = "2001:db8:1:23ff::1";
  const networks = [32, 48, 56, 60, 64, 128].map((prefix) => toNetworkKey(address, prefix));
  assertEquals(networks, [
    "2001:db8",
    "2001:db8:1",
    "2001:db8:1:2300",
    "2001:db8:1:23f0",
    "2001:db8:1:23ff",
    "2001:db8:1:23ff:0:0:0:1",
  ]);
  assertEquals(toNetworkKey("2001:db8:1:2301::9", 56), toNetworkKey(address, 56));
  assertEquals(toNetworkKey("192.0.2.1", 32), "192.0.2.1");
});
