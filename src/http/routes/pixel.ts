/** `GET /v1/pixel.gif?eventType=email_opened&…`: a 1×1 GIF for emails. */

import type { Context as HonoContext } from "hono";
import { getLogger } from "@logtape/logtape";
import type { Identify } from "../../auth/identify.ts";
import type { Identification } from "../../events/identification.ts";
import { createCaller } from "../../trpc/router.ts";
import { publicError } from "../../trpc/init.ts";
import { toTRPCError } from "../responses.ts";
import { type HttpEnv, type IdentifyKey, procedureContext, type RouteOptions } from "../env.ts";

// The smallest transparent GIF.
const GIF = Uint8Array.from(
  atob("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"),
  (character) => character.charCodeAt(0),
);

const EVENT_FIELDS = new Set([
  "eventType",
  "source",
  "entityId",
  "entityType",
  "sessionId",
  "idempotencyKey",
]);
const ATTRIBUTION_FIELDS: ReadonlyMap<string, string> = new Map([
  ["utm_source", "utmSource"],
  ["utm_medium", "utmMedium"],
  ["utm_campaign", "utmCampaign"],
  ["utm_term", "utmTerm"],
  ["utm_content", "utmContent"],
]);

const REFUSED: Identification = {
  kind: "refused",
  reason: "key",
  message: "AUTH_JWKS_URL or AUTH_SESSION_URL did not respond",
};

const UNKNOWN_KEY: Identification = {
  kind: "refused",
  reason: "api_key",
  message: "it is an API key that is not known, and Postgres does not respond",
};

const logger = getLogger(["sluice", "http"]);

/** Tracks the event in the query and responds with the GIF, whatever the outcome. */
export function pixelRoute(options: RouteOptions) {
  return async function pixel(c: HonoContext<HttpEnv>): Promise<Response> {
    // Mail scanners send HEAD; the mail was not opened.
    if (c.req.method === "GET") await trackQuery(c, options);
    return new Response(GIF, {
      headers: { "content-type": "image/gif", "cache-control": "no-store" },
    });
  };
}

async function trackQuery(c: HonoContext<HttpEnv>, options: RouteOptions): Promise<void> {
  /** A pixel is not requested again, so an event whose token cannot be verified is anonymous (contract 1.7). */
  const identify: Identify = async (tokens) => {
    const result = await options.identify(tokens);
    return result.kind === "unverified" ? REFUSED : result;
  };
  const identifyKey: IdentifyKey = async (key) => {
    const result = await options.identifyKey(key);
    return result.kind === "unverified" ? UNKNOWN_KEY : result;
  };
  // Not `new URL`: an invalid Host header must not lose the event.
  const event = toPixelEvent(parseQuery(c.req.url.replace(/^[^?]*/, "")));
  try {
    const context = procedureContext(c, { ...options, identify, identifyKey }, new Headers());
    const caller = createCaller(context);
    await caller.eventIngestion.track(event as never);
  } catch (error) {
    const { code, message } = publicError(toTRPCError(error));
    logger.debug("A pixel's event was not stored: {code} {message}", { code, message });
  }
}

const windows1252 = new TextDecoder("windows-1252");

/** Parses a query, as Windows-1252 if it is not UTF-8: that is what mail programs without it write. */
export function parseQuery(text: string): URLSearchParams {
  if (isUtf8(text)) return new URLSearchParams(text);
  return new URLSearchParams(text.replace(/%([89a-f][\da-f])/gi, (_, hex) => {
    return encodeURIComponent(windows1252.decode(Uint8Array.of(parseInt(hex, 16))));
  }));
}

function isUtf8(text: string): boolean {
  try {
    decodeURIComponent(text.replace(/%(?![\da-f]{2})/gi, "%25"));
    return true;
  } catch {
    return false;
  }
}

/** Reads an event from a query: its fields by name, `utm_…` as attribution, all else as props. */
export function toPixelEvent(query: URLSearchParams): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  const attribution: [string, string][] = [];
  const props: [string, string][] = [];
  for (const [name, value] of query) {
    if (isAbsent(name, value)) continue;
    const utm = ATTRIBUTION_FIELDS.get(name);
    if (EVENT_FIELDS.has(name)) event[name] = value;
    else if (utm !== undefined) attribution.push([utm, value]);
    else props.push([name, value]);
  }
  if (attribution.length > 0) event["attribution"] = Object.fromEntries(attribution);
  if (props.length > 0) event["props"] = Object.fromEntries(props);
  return event;
}

/** What templates write for a value that they do not have (contract 4.9). */
const NO_VALUES = new Set(["", "null", "undefined"]);

function isAbsent(name: string, value: string): boolean {
  return NO_VALUES.has(value) && name !== "eventType" &&
    (EVENT_FIELDS.has(name) || name === "occurred_at");
}
