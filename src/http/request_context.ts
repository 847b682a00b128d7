/** Reads the parts of a request that enrichment needs. */

import type { ClientHints, Place, RequestContext } from "../events/types.ts";
import { reduceToHost } from "../events/referrer.ts";
import { activeTrace } from "../tracing.ts";

const MAX_USER_AGENT = 512;
const MAX_REFERRER = 2048;
const MAX_LANGUAGE = 128;
/** Says only that there was one, which tells a browser from a bot. */
const ANY_LANGUAGE = "*";
const MAX_HINT = 256;
const MAX_PLACE = 128;
/** Longer than an IPv6 address with zone and port. */
const MAX_ADDRESS = 63;

/**
 * Reads the context of a request.
 *
 * @param remoteAddress the peer of the connection
 * @param trustedProxies how many proxies in front add an address to `X-Forwarded-For`; the caller may
 * have forged the addresses before theirs
 * @param honorGpc whether `Sec-GPC: 1` makes events anonymous
 */
export function requestContext(
  headers: Headers,
  remoteAddress: string | null,
  trustedProxies: number,
  honorGpc = true,
): RequestContext {
  const trace = activeTrace();
  const anonymous = honorGpc && headers.get("sec-gpc") === "1";
  const referrer = headers.get("referer")?.slice(0, MAX_REFERRER) ?? null;
  const language = headers.get("accept-language")?.slice(0, MAX_LANGUAGE) ?? null;
  return {
    ip: clientAddress(headers, remoteAddress, trustedProxies)?.slice(0, MAX_ADDRESS) ?? null,
    userAgent: headers.get("user-agent")?.slice(0, MAX_USER_AGENT) ?? null,
    referrer: anonymous ? reduceToHost(referrer) : referrer,
    language: anonymous && language !== null ? ANY_LANGUAGE : language,
    clientHints: clientHints(headers),
    place: trustedProxies === 0 ? null : placeByProxy(headers),
    ...(anonymous ? { anonymous: true } : {}),
    ...(trace === undefined ? {} : { trace }),
  };
}

function clientHints(headers: Headers): ClientHints | null {
  const hint = (name: string) => headers.get(name)?.slice(0, MAX_HINT) ?? null;
  const brands = hint("sec-ch-ua");
  const platform = hint("sec-ch-ua-platform");
  const mobile = hint("sec-ch-ua-mobile");
  // Every browser with hints sends these three, and the others only with them.
  if (brands === null && platform === null && mobile === null) return null;
  return {
    brands,
    fullVersions: hint("sec-ch-ua-full-version-list"),
    platform,
    platformVersion: hint("sec-ch-ua-platform-version"),
    mobile,
    model: hint("sec-ch-ua-model"),
  };
}

/** The headers in which platforms report the caller's place: Cloudflare, Vercel, CloudFront, Fastly. */
const PLACE_HEADERS = {
  country: ["cf-ipcountry", "x-vercel-ip-country", "cloudfront-viewer-country", "x-country-code"],
  region: ["cf-region", "x-vercel-ip-country-region", "cloudfront-viewer-country-region-name"],
  city: ["cf-ipcity", "x-vercel-ip-city", "cloudfront-viewer-city"],
} as const;

function placeByProxy(headers: Headers): Place | null {
  const first = (names: readonly string[]) => {
    const value = names.map((name) => headers.get(name)).find((value) => value);
    return value ? decoded(value).slice(0, MAX_PLACE) : null;
  };
  const country = first(PLACE_HEADERS.country)?.toUpperCase() ?? null;
  // Cloudflare sends XX for unknown and T1 for Tor.
  if (country === null || !/^[A-Z]{2}$/.test(country) || country === "XX") return null;
  return { country, region: first(PLACE_HEADERS.region), city: first(PLACE_HEADERS.city) };
}

/** Vercel percent-encodes names. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
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
