/**
 * The headers of every response: request id, CORS, security policies. Both paths set them on the finished
 * response: headers that are set on Hono's context before are merged into it, which costs a fifth of a
 * request.
 */

import { createFindAccess } from "../cors_origins.ts";

/** Sets the common headers on a response whose content type is set. */
export type CommonHeaders = (
  response: Headers,
  request: Headers,
  requestId: string,
  isIngestion: boolean,
) => void;

/** Headers that pages may read. */
export const EXPOSED = ["Idempotent-Replayed", "Retry-After", "X-Request-Id", "Date", "Age"];

const EXPOSED_TEXT = EXPOSED.join(",");
const MAX_REQUEST_ID = 255;

/** For documents, images and scripts. JSON with `nosniff` needs none of these. */
const POLICIES = [
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["cross-origin-resource-policy", "cross-origin"], // the pixel is embedded in other sites' pages
  ["cross-origin-opener-policy", "same-origin"],
  ["referrer-policy", "no-referrer"],
  ["x-frame-options", "DENY"],
] as const;

/** The request id that the caller sent if it is safe to log, else a new one. */
export function readRequestId(headers: Headers): string {
  const given = headers.get("x-request-id");
  return given !== null && given.length <= MAX_REQUEST_ID && /^[\w\-=]+$/.test(given)
    ? given
    : crypto.randomUUID();
}

/**
 * Creates the function that sets the common headers. Where events are sent to, pages that may read responses
 * may also send cookies, which count only if the origin is trusted: a beacon always sends them.
 *
 * @param corsOrigins as `parseOrigins` returns them
 */
export function createCommonHeaders(corsOrigins: readonly string[]): CommonHeaders {
  const findAccess = createFindAccess(corsOrigins);
  const anyOrigin = corsOrigins.includes("*");
  const isListed = corsOrigins.some((origin) => origin !== "*");

  return function setCommonHeaders(response, request, requestId, isIngestion) {
    response.set("x-request-id", requestId);
    response.set("x-content-type-options", "nosniff");
    const isJson = response.get("content-type") === "application/json";
    if (!isJson) { for (const [name, value] of POLICIES) response.set(name, value); }
    if (isJson || isIngestion || isListed) response.append("vary", "Origin");
    const origin = request.get("origin");
    if (origin === null && isJson) return; // the caller is not a page
    response.set("access-control-expose-headers", EXPOSED_TEXT);
    const access = origin === null ? "none" : findAccess(origin);
    if (origin !== null && access !== "none" && (access === "trusted" || isIngestion)) {
      response.set("access-control-allow-origin", origin);
      response.set("access-control-allow-credentials", "true");
    } else if (anyOrigin) response.set("access-control-allow-origin", "*");
    else if (origin !== null && access === "any") {
      response.set("access-control-allow-origin", origin);
    }
  };
}
