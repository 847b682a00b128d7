/** Which network an address is in, so that a caller is the same one however a proxy writes it. */

/**
 * The network that one household has.
 *
 * @param text IPv4, IPv6 or IPv4 mapped into IPv6, with or without port, zone and brackets
 * @returns of IPv4 the address, of IPv6 its first 64 bits; what is no address, as it is
 */
export function toNetworkKey(text: string): string {
  const v4 = /^([\d.]+)(?::\d+)?$/.exec(text)?.[1];
  if (v4 !== undefined) return v4;
  const inner = /^\[([^\]]*)\]/.exec(text)?.[1] ?? text;
  // In canonical form: small dead letters, no zeros before a group, the longest gap left out.
  const address = URL.parse(`http://[${inner.replace(/%.*/, "")}]`)?.hostname.slice(1, -1);
  if (address === undefined) return text;
  const mapped = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(address);
  if (mapped !== null) return dotted(mapped.slice(1));
  const [before = [], after = []] = address.split("::").map((part) => part.split(":"));
  const gap = Array(Math.max(0, 8 - before.length - after.length)).fill("0");
  return [...before, ...gap, ...after].slice(0, 4).map((group) => group || "0").join(":");
}

function dotted(groups: readonly string[]): string {
  return groups.map((group) => parseInt(group, 16))
    .flatMap((bits) => [bits >> 8, bits & 0xff])
    .join(".");
}
