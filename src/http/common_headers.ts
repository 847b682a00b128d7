/**
 * What every answer carries beside what its endpoint says: the request's id, who may read it, what browsers
 * must not do with it. Put on the answer itself, by the chain of handlers and by the short way alike:
 * what Hono sets before there is an answer is merged into it, and costs a request a fifth of its way.
 */

/** Puts the common headers on an answer, whose content type is known. */
export type CommonHeaders = (answer: Headers, request: Headers, requestId: string) => void;

/** Headers that pages may read. */
export const EXPOSED = ["Idempotent-Replayed", "Retry-After", "X-Request-Id", "Date"];

const EXPOSED_TEXT = EXPOSED.join(",");
const MAX_REQUEST_ID = 255;

/** For documents, images and scripts; JSON that no browser takes for anything else needs none of them. */
const POLICIES = [
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["cross-origin-resource-policy", "cross-origin"], // the pixel stands in other people's pages
  ["cross-origin-opener-policy", "same-origin"],
  ["referrer-policy", "no-referrer"],
  ["x-frame-options", "DENY"],
] as const;

/** The caller's id of a request, where it can do no harm in a log, or one of its own. */
export function readRequestId(headers: Headers): string {
  const given = headers.get("x-request-id");
  return given !== null && given.length <= MAX_REQUEST_ID && /^[\w\-=]+$/.test(given)
    ? given
    : crypto.randomUUID();
}

/** @param corsOrigins whose pages may read answers; `*`: everybody's, but not with cookies */
export function createCommonHeaders(corsOrigins: readonly string[]): CommonHeaders {
  const everybody = corsOrigins.includes("*");

  return function setCommonHeaders(answer, request, requestId) {
    answer.set("x-request-id", requestId);
    answer.set("x-content-type-options", "nosniff");
    const isJson = answer.get("content-type") === "application/json";
    if (!isJson) { for (const [name, value] of POLICIES) answer.set(name, value); }
    if (!everybody || isJson) answer.append("vary", "Origin");
    const origin = request.get("origin");
    if (origin === null && isJson) return; // whoever sends none is no page
    answer.set("access-control-expose-headers", EXPOSED_TEXT);
    if (everybody) answer.set("access-control-allow-origin", "*");
    else if (origin !== null && corsOrigins.includes(origin)) {
      answer.set("access-control-allow-origin", origin);
      answer.set("access-control-allow-credentials", "true");
    }
  };
}
