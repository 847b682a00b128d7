/** What enrichment will want to know of a request. */

import type { RequestContext } from "../events/types.ts";

const MAX_USER_AGENT = 512;
const MAX_REFERRER = 2048;
const MAX_LANGUAGE = 128;
/** An IPv6 address with a zone and a port is shorter. */
const MAX_ADDRESS = 63;

/**
 * Reads the context of a request.
 *
 * @param remoteAddress of the connection
 * @param trustedProxies how many proxies in front have each added an address to `X-Forwarded-For`;
 * what stands before theirs was written by the caller and proves nothing
 */
export function requestContext(
  headers: Headers,
  remoteAddress: string | null,
  trustedProxies: number,
): RequestContext {
  return {
    ip: clientAddress(headers, remoteAddress, trustedProxies)?.slice(0, MAX_ADDRESS) ?? null,
    userAgent: headers.get("user-agent")?.slice(0, MAX_USER_AGENT) ?? null,
    referrer: headers.get("referer")?.slice(0, MAX_REFERRER) ?? null,
    language: headers.get("accept-language")?.slice(0, MAX_LANGUAGE) ?? null,
  };
}

function clientAddress(
  headers: Headers,
  remoteAddress: string | null,
  trustedProxies: number,
): string | null {
  if (trustedProxies === 0) return remoteAddress;
  const forwarded = (headers.get("x-forwarded-for") ?? "")
    .split(",").map((address) => address.trim()).filter((address) => address !== "");
  return forwarded.at(-trustedProxies) ?? forwarded[0] ?? remoteAddress;
}
