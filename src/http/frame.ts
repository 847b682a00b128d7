/**
 * What every answer carries beside what its door says: the request's id, who may read it, what browsers
 * must not do with it. Put on the answer itself, by the chain of handlers and by the short way alike:
 * what Hono sets before there is an answer is merged into it, and costs a request a fifth of its way.
 */

/**
 * The common headers of an answer.
 *
 * @param type the answer's content type
 * @param request the request's headers
 */
export type Frame = (type: string | null, request: Headers, requestId: string) => Header[];

/** A name in small letters, and a value. */
export type Header = [name: string, value: string];

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
] as const satisfies readonly Header[];

const JSON_TYPE = "application/json";

/** The caller's id of a request, where it can do no harm in a log, or one of its own. */
export function requestIdOf(headers: Headers): string {
  const given = headers.get("x-request-id");
  return given !== null && given.length <= MAX_REQUEST_ID && /^[\w\-=]+$/.test(given)
    ? given
    : crypto.randomUUID();
}

/** @param corsOrigins whose pages may read answers; `*`: everybody's, but not with cookies */
export function createFrame(corsOrigins: readonly string[]): Frame {
  const everybody = corsOrigins.includes("*");

  return function frame(type, request, requestId) {
    const isJson = type === JSON_TYPE;
    const headers: Header[] = [["x-request-id", requestId], ["x-content-type-options", "nosniff"]];
    if (!isJson) headers.push(...POLICIES);
    const origin = request.get("origin");
    // Whoever sends none is no page.
    const forPages = origin !== null || !isJson;
    if (!everybody || isJson) headers.push(["vary", "Origin"]);
    if (!forPages) return headers;
    headers.push(["access-control-expose-headers", EXPOSED_TEXT]);
    if (everybody) headers.push(["access-control-allow-origin", "*"]);
    else if (origin !== null && corsOrigins.includes(origin)) {
      headers.push(["access-control-allow-origin", origin]);
      headers.push(["access-control-allow-credentials", "true"]);
    }
    return headers;
  };
}

/** Puts the common headers on an answer that has others of its own. */
export function putFrame(answer: Headers, frame: readonly Header[]): void {
  for (const [name, value] of frame) {
    if (name === "vary") answer.append(name, value);
    else answer.set(name, value);
  }
}
