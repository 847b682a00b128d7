/** Responds to `OPTIONS`, and so to CORS preflights; the common headers say who may send the request. */

import type { Context as HonoContext } from "hono";
import type { HttpEnv } from "./env.ts";
import type { FindAllowed } from "./methods.ts";

/** A day. Browsers ask again sooner. */
const MAX_AGE = "86400";

/** Creates the handler. */
export function createPreflight(findAllowed: FindAllowed) {
  return function preflight(c: HonoContext<HttpEnv>): Response {
    const headers = new Headers({
      "access-control-allow-methods": "GET,POST,OPTIONS",
      "access-control-max-age": MAX_AGE,
      "vary": "Access-Control-Request-Headers",
    });
    const allow = findAllowed(c.req.path);
    if (allow !== null) headers.set("allow", allow);
    const requested = c.req.header("access-control-request-headers");
    if (requested !== undefined) headers.set("access-control-allow-headers", requested);
    // Asked by browsers for a service on localhost or in a private network, as in development.
    if (c.req.header("access-control-request-private-network") === "true") {
      headers.set("access-control-allow-private-network", "true");
    }
    return new Response(null, { status: 204, headers });
  };
}
