import { networkEnricher } from "../../src/enrichment/network.ts";
import { parseLine } from "../../src/events/line.ts";
import { assertEquals } from "../support/assert.ts";
import { acceptedEvent, contextOf } from "../support/events.ts";

const { row } = parseLine(acceptedEvent({ eventType: "page_viewed" }).line);

function toNetwork(ip: string | null): string | null {
  return networkEnricher.read({ row, context: contextOf({ ip }) }).network;
}

Deno.test("7.4 the network of an address is a /24 of IPv4 or a /48 of IPv6", () => {
  const networks = {
    "81.2.69.142": "81.2.69.0/24",
    "81.2.69.142:4711": "81.2.69.0/24",
    "::ffff:81.2.69.142": "81.2.69.0/24",
    "2a00:23c0:17:4a00::1": "2a00:23c0:17::/48",
    "[2a00:23c0::1]:443": "2a00:23c0:0::/48",
    "2a00::1": "2a00:0:0::/48",
    "2a00:23c0:17:1:2:3:4:5": "2a00:23c0:17::/48",
  };
  for (const [ip, network] of Object.entries(networks)) assertEquals(toNetwork(ip), network, ip);
});

Deno.test("non-public addresses and other text have no network", () => {
  const none = ["10.1.2.3", "127.0.0.1", "::1", "fe80::1%eth0", "203.0.113.7", "junk", "", null];
  for (const ip of none) assertEquals(toNetwork(ip), null, String(ip));
});

Deno.test("7.6 for callers with Sec-GPC not even the network is stored", () => {
  const context = contextOf({ ip: "81.2.69.142", anonymous: true });
  assertEquals(networkEnricher.read({ row, context }), { network: null });
});
