/** IP addresses as text. */

const V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** A port, or the name that a proxy gives to one (RFC 7239). */
const PORT = String.raw`:(?:\d{1,5}|_[\w.-]+)`;
const V4_PORT = new RegExp(`^([\\d.]+)(?:${PORT})?$`);
/** IPv6 in brackets, or an IPv4 address mapped into it without them, but with a port. */
const V6_PORT = new RegExp(`^\\[([^\\]]*)\\](?:${PORT})?$|^(::ffff:\\d+\\.[\\d.]+)${PORT}$`, "i");
const LAST_PORT = new RegExp(`${PORT}$`);

/**
 * Parses an address as proxies and sockets write it: IPv4, IPv6, or IPv4 mapped into IPv6, with or
 * without a port, a zone and brackets.
 *
 * @returns dotted IPv4 or IPv6 in its canonical form; `null` for anything else
 */
export function parseAddress(text: string): string | null {
  const bare = text.trim();
  const v4 = V4_PORT.exec(bare)?.[1];
  if (v4 === undefined) return parseV6(bare);
  return V4.test(v4) ? v4 : null;
}

function parseV6(bare: string): string | null {
  const [, bracketed, mappedV4] = V6_PORT.exec(bare) ?? [];
  const inner = bracketed ?? mappedV4 ?? bare;
  const address = /^([\da-f:.]+)(?:%.*)?$/i.exec(inner)?.[1];
  const hostname = address?.includes(":") ? URL.parse(`http://[${address}]`)?.hostname : undefined;
  if (hostname === undefined) return null;
  const canonical = hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical);
  return mapped === null ? canonical : toDots(mapped.slice(1));
}

function toDots(groups: readonly string[]): string {
  return groups.map((group) => parseInt(group, 16))
    .flatMap((bits) => [bits >> 8, bits & 0xff])
    .join(".");
}

/** Whether a parsed address is IPv6. */
export function isV6(address: string): boolean {
  return address.includes(":");
}

/**
 * Returns the part of an address that is the same for one household, however a proxy writes it: a key of
 * the rate limit, and what tells anonymous visitors apart.
 *
 * @param text an address in any form that `parseAddress` reads
 * @param v6Prefix how many bits of an IPv6 address count
 * @returns an IPv4 address, or the first bits of an IPv6 one; other text without its port
 */
export function toNetworkKey(text: string, v6Prefix = 64): string {
  const address = parseAddress(text);
  if (address === null) return text.replace(LAST_PORT, ""); // which differs by connection
  if (!isV6(address)) return address;
  const groups = expandGroups(address).slice(0, Math.ceil(v6Prefix / 16));
  const spare = groups.length * 16 - v6Prefix;
  if (spare > 0) groups.push((parseInt(groups.pop() ?? "0", 16) >> spare << spare).toString(16));
  return groups.join(":");
}

/** Returns the eight groups of a parsed IPv6 address, with zeros for the omitted ones. */
export function expandGroups(address: string): string[] {
  const [before = [], after = []] = address.split("::").map((part) => part ? part.split(":") : []);
  return [...before, ...Array(8 - before.length - after.length).fill("0"), ...after];
}
