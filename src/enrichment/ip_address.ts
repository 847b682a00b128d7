/** From the text of an address, as proxies and sockets write it, to one that a database can know. */

/** The first 32 bits of every address in a network, shifted so that they can be compared. */
interface Network {
  readonly prefix: number;
  readonly shift: number;
}

// Databases made of registries' records claim places even for some of these, so they are asked for
// none of them. The IANA registries of special-purpose addresses list them all.
const RESERVED_V4 = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // carrier-grade NAT
  "127.0.0.0/8", // loopback
  "169.254.0.0/16", // link-local
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // documentation
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, broadcast
].map((network) => parseNetwork(network, headOfV4));

/** All of IPv6 that is routed is in here, … */
const GLOBAL_V6 = parseNetwork("2000::/3", headOfV6);

/** … but for these. */
const RESERVED_V6 = [
  "2001::/23", // protocol assignments, Teredo among them
  "2001:db8::/32", // documentation
  "3fff::/20", // documentation
].map((network) => parseNetwork(network, headOfV6));

/**
 * Reads an address: IPv4, IPv6 or IPv4 mapped into IPv6, with or without port, zone and brackets.
 *
 * @returns the address alone, IPv6 in its canonical form; `null` for what is no address, and for addresses that are nobody's in public: private,
 * loopback, link-local, carrier-grade NAT, documentation, multicast
 */
export function publicAddress(text: string): string | null {
  const bare = text.trim();
  const v4 = /^([\d.]+)(?::\d{1,5})?$/.exec(bare)?.[1];
  return v4 === undefined ? publicV6(bare) : publicV4(v4);
}

function publicV4(text: string): string | null {
  if (!/^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text)) return null;
  const head = headOfV4(text);
  return RESERVED_V4.some((network) => contains(network, head)) ? null : text;
}

function publicV6(bare: string): string | null {
  const inner = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(bare)?.[1] ?? bare;
  const address = /^([\da-f:.]+)(?:%.*)?$/i.exec(inner)?.[1];
  const hostname = address?.includes(":") ? URL.parse(`http://[${address}]`)?.hostname : undefined;
  if (hostname === undefined) return null;
  const text = hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(text);
  if (mapped !== null) return publicV4(dotted(mapped[1] ?? "", mapped[2] ?? ""));
  const head = headOfV6(text);
  if (!contains(GLOBAL_V6, head)) return null;
  return RESERVED_V6.some((network) => contains(network, head)) ? null : text;
}

function dotted(...groups: readonly string[]): string {
  return groups.map((group) => parseInt(group, 16))
    .flatMap((bits) => [bits >> 8, bits & 0xff])
    .join(".");
}

function parseNetwork(network: string, headOf: (address: string) => number): Network {
  const [address = "", length = ""] = network.split("/");
  const shift = 32 - Number(length);
  return { prefix: headOf(address) >>> shift, shift };
}

function contains({ prefix, shift }: Network, head: number): boolean {
  return head >>> shift === prefix;
}

function headOfV4(address: string): number {
  return address.split(".").reduce((head, octet) => head * 256 + Number(octet), 0);
}

/** Of an address in canonical form, where a gap that begins in the second group leaves it empty. */
function headOfV6(address: string): number {
  const [first, second] = address.split(":");
  return parseInt(first || "0", 16) * 0x10000 + parseInt(second || "0", 16);
}
