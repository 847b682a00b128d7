/** `GET /metrics`: for Prometheus. */

import { createHash, timingSafeEqual } from "node:crypto";
import { TRPCError } from "@trpc/server";
import type { Context as HonoContext } from "hono";
import type { HttpEnv } from "../env.ts";
import { errorResponse } from "../responses.ts";

const MESSAGE = "This endpoint requires the token METRICS_TOKEN in Authorization: Bearer";

/**
 * Responds with all metrics.
 *
 * @param token the bearer token that is required (`METRICS_TOKEN`); `null`: none
 */
export function metricsRoute(render: () => Promise<string>, token: string | null) {
  const expected = token === null ? null : digest(`Bearer ${token}`);
  return async function metrics(c: HonoContext<HttpEnv>): Promise<Response> {
    if (expected !== null) {
      const given = (c.req.header("authorization") ?? "").replace(/^bearer[ \t]+/i, "Bearer ");
      if (!timingSafeEqual(digest(given), expected)) {
        const error = new TRPCError({ code: "UNAUTHORIZED", message: MESSAGE });
        const headers = new Headers({ "www-authenticate": "Bearer" });
        return errorResponse(error, c.get("requestId"), headers);
      }
    }
    c.header("content-type", "text/plain; version=0.0.4; charset=utf-8");
    return c.body(await render());
  };
}

/** Digests have one length, so that comparing them tells nothing about the token's. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
