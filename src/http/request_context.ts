/** Reads the parts of a request that enrichment needs. */

import { readKey } from "../api_keys/read_key.ts";
import type { ClientHints, RequestContext } from "../events/types.ts";
import { reduceToHost } from "../events/referrer.ts";
import { activeTrace } from "../tracing.ts";
import { findClientAddress, type TrustedHeaders } from "./client_address.ts";
import { type LocationHeaders, readPlace } from "./location_headers.ts";

const MAX_USER_AGENT = 512;
const MAX_REFERRER = 2048;
const MAX_LANGUAGE = 128;
/** Says only that there was one, which tells a browser from a bot. */
const ANY_LANGUAGE = "*";
const MAX_HINT = 256;
/** Longer than an IPv6 address with zone and port. */
const MAX_ADDRESS = 63;

/** Which headers of a request are trusted and honoured. */
export interface ContextOptions extends TrustedHeaders {
  /** The platform whose headers report the caller's place. */
  readonly locationHeaders: LocationHeaders;
  /** Whether `Sec-GPC: 1` makes events anonymous. */
  readonly honorGpc: boolean;
}

/**
 * Reads the context of a request.
 *
 * @param remoteAddress the peer of the connection
 */
export function requestContext(
  headers: Headers,
  remoteAddress: string | null,
  options: ContextOptions,
): RequestContext {
  const trace = activeTrace();
  // The sender of an API key is no browser: it passes on what a visitor's browser sent (contract 13.4).
  const anonymous = options.honorGpc && asksForPrivacy(headers.get("sec-gpc")) &&
    readKey(headers) === null;
  const referrer = headers.get("referer")?.slice(0, MAX_REFERRER) ?? null;
  const language = headers.get("accept-language")?.slice(0, MAX_LANGUAGE) || null;
  return {
    ip: findClientAddress(headers, remoteAddress, options)?.slice(0, MAX_ADDRESS) ?? null,
    userAgent: headers.get("user-agent")?.slice(0, MAX_USER_AGENT) || null,
    referrer: anonymous ? reduceToHost(referrer) : referrer,
    language: anonymous && language !== null ? ANY_LANGUAGE : language,
    clientHints: clientHints(headers),
    place: readPlace(headers, options.locationHeaders),
    ...(anonymous ? { anonymous: true } : {}),
    ...(trace === undefined ? {} : { trace }),
  };
}

/** Whether `Sec-GPC` is `1`, also if a proxy has doubled it. */
function asksForPrivacy(gpc: string | null): boolean {
  return gpc !== null && (gpc === "1" || gpc.split(",").some((value) => value.trim() === "1"));
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
