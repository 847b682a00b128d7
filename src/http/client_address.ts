/** Finds the address of a client behind proxies (contract 1.12). */

/** Which headers about a client's address are trusted. */
export interface TrustedHeaders {
  /** How many proxies in front add an address to `X-Forwarded-For` or `Forwarded`. */
  readonly trustedProxies: number;
  /** The header in which the proxy sends the client's address; `null`: `X-Forwarded-For`, if any. */
  readonly clientIpHeader: string | null;
}

/** A pair of an element (RFC 7239), with its value in quotes or not. Pairs before it may be empty. */
const PAIR = /[\s;]*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))\s*(?:;|$)/y;
const ELEMENT = /(?:[^",]|"(?:[^"\\]|\\.)*")+/y;

/**
 * Finds the client's address. Where proxies append to a list, the client may have forged what stands
 * before their entries.
 *
 * @param remoteAddress the peer of the connection, which counts where no trusted header has an address
 */
export function findClientAddress(
  headers: Headers,
  remoteAddress: string | null,
  { trustedProxies, clientIpHeader }: TrustedHeaders,
): string | null {
  const named = clientIpHeader === null
    ? null
    : readHeader(headers, clientIpHeader.toLowerCase(), trustedProxies);
  if (named !== null) return named;
  if (trustedProxies === 0) return remoteAddress;
  return pickEntry(splitList(headers.get("x-forwarded-for") ?? ""), trustedProxies) ??
    remoteAddress;
}

function readHeader(headers: Headers, name: string, trustedProxies: number): string | null {
  const value = headers.get(name);
  if (value === null) return null;
  if (name === "forwarded") return pickEntry(parseForwarded(value), Math.max(1, trustedProxies));
  const last = pickEntry(splitList(value), 1); // of several, the proxy's is the last
  // CloudFront adds the port without putting an IPv6 address into brackets.
  return name === "cloudfront-viewer-address" ? last?.replace(/:\d+$/, "") ?? null : last;
}

/** The `n`th entry from the right, or the first if there are fewer; `null` if that one names no address. */
function pickEntry(entries: readonly (string | null)[], n: number): string | null {
  return (entries.length < n ? entries[0] : entries.at(-n)) ?? null;
}

function splitList(text: string): string[] {
  return text.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
}

/** Reads `for` of each element of a header `Forwarded`; `null` where an element has none. */
export function parseForwarded(header: string): (string | null)[] {
  return splitElements(header).map(readFor);
}

/** Pair by pair, as the client may have put text like `;for=…` into a quoted value, such as `host`. */
function readFor(element: string): string | null {
  PAIR.lastIndex = 0;
  for (let pair = PAIR.exec(element); pair !== null; pair = PAIR.exec(element)) {
    const [, name = "", quoted, token] = pair;
    if (name.toLowerCase() !== "for") continue;
    return (quoted?.replace(/\\(.)/g, "$1") ?? token) || null;
  }
  return null;
}

/** Splits at the commas outside quotes. If a client left a quote open, every comma separates. */
function splitElements(header: string): string[] {
  const elements: string[] = [];
  ELEMENT.lastIndex = 0;
  while (ELEMENT.lastIndex < header.length) {
    const start = ELEMENT.lastIndex;
    if (header[start] === ",") {
      ELEMENT.lastIndex = start + 1;
      continue;
    }
    const element = ELEMENT.exec(header)?.[0];
    if (element === undefined) return splitList(header);
    elements.push(element);
  }
  return elements.filter((element) => element.trim() !== "");
}
