/** `POST /v1/events` and `/v1/events/batch`: the same procedures for callers without tRPC. */

import type { Context as HonoContext } from "hono";
import { createCaller } from "../../trpc/router.ts";
import { bodyErrorResponse, respondWith } from "../responses.ts";
import { readJson } from "../body.ts";
import { withHeaderKey, withoutHeaderKey } from "../idempotency_key.ts";
import { type HttpEnv, procedureContext, readIp, type RouteOptions } from "../env.ts";

const APPLY_HEADER_KEY = { track: withHeaderKey, trackBatch: withoutHeaderKey } as const;

/** Responds with the result of `track` or `trackBatch`, as plain JSON. */
export function eventsRoute(procedure: "track" | "trackBatch", options: RouteOptions) {
  return async function events(c: HonoContext<HttpEnv>): Promise<Response> {
    const requestId = c.get("requestId");
    const body = await readJson(c.req.raw, options.bodies, () => readIp(c, options));
    if (!body.ok) return bodyErrorResponse(body, requestId);
    const headers = new Headers();
    const caller = createCaller(procedureContext(c, options, headers)).eventIngestion;
    return await respondWith(headers, requestId, () => {
      const input = APPLY_HEADER_KEY[procedure](c.req.raw.headers, body.value);
      return caller[procedure](input as never);
    });
  };
}
