/** `POST /v1/beacon`: for `navigator.sendBeacon` and `fetch(…, {keepalive: true})` at page exit. */

import type { Context as HonoContext } from "hono";
import { createCaller } from "../../trpc/router.ts";
import type { Ingest } from "../../events/ingest.ts";
import { OUTCOMES } from "../../events/outcome.ts";
import { bodyErrorResponse, errorResponse, toTRPCError } from "../responses.ts";
import { readJson } from "../body.ts";
import { withHeaderKey, withoutHeaderKey } from "../idempotency_key.ts";
import { type HttpEnv, procedureContext, readIp, type RouteOptions } from "../env.ts";

/**
 * Accepts one event or `{events}`, whatever the content type, and responds 204. For callers that can read
 * the response, errors have their usual status, and 503 means that at least one event was not stored and
 * has to be sent again.
 */
export function beaconRoute(options: RouteOptions) {
  return async function beacon(c: HonoContext<HttpEnv>): Promise<Response> {
    const requestId = c.get("requestId");
    const body = await readJson(c.req.raw, options.bodies, () => readIp(c, options));
    if (!body.ok) return bodyErrorResponse(body, requestId);
    const headers = new Headers();
    let sendAgain = false;
    const ingest: Ingest = async (raw, who) => {
      const outcome = await options.service.ingest(raw, who);
      sendAgain ||= OUTCOMES[outcome.kind].sendAgain;
      return outcome;
    };
    const service = { ...options.service, ingest };
    const context = procedureContext(c, { ...options, service }, headers);
    const caller = createCaller(context).eventIngestion;
    try {
      const { value } = body;
      const request = c.req.raw.headers;
      if (isBatch(value)) await caller.trackBatch(withoutHeaderKey(request, value) as never);
      else await caller.track(withHeaderKey(request, value) as never);
    } catch (error) {
      return errorResponse(toTRPCError(error), requestId, headers);
    }
    return new Response(null, { status: sendAgain ? 503 : 204, headers });
  };
}

function isBatch(value: unknown): boolean {
  return typeof value === "object" && value !== null && "events" in value;
}
