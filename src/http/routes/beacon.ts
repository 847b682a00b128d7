/** `POST /v1/beacon`: for `navigator.sendBeacon` and `fetch(…, {keepalive: true})` at page exit. */

import type { Context as HonoContext } from "hono";
import { createCaller } from "../../trpc/router.ts";
import type { Ingest } from "../../events/ingest.ts";
import { OUTCOMES } from "../../events/outcome.ts";
import { errorResponse, refuseBody, toTRPCError } from "../responses.ts";
import { readJson } from "../body.ts";
import { type HttpEnv, procedureContext, type RouteOptions } from "../env.ts";

/**
 * Takes one event or `{events}`, whatever the content type, and answers 204. What a caller that can
 * read the answer has to know comes as elsewhere: a refusal with its status, and 503 where an event,
 * or one of several, could not be stored and has to be sent again.
 */
export function beaconRoute(options: RouteOptions) {
  return async function beacon(c: HonoContext<HttpEnv>): Promise<Response> {
    const requestId = c.get("requestId");
    const body = await readJson(c.req.raw, options.bodyDeadline);
    if (!body.ok) return refuseBody(body, requestId);
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
      if (isBatch(body.value)) await caller.trackBatch(body.value as never);
      else await caller.track(body.value as never);
    } catch (error) {
      return errorResponse(toTRPCError(error), requestId, headers);
    }
    return new Response(null, { status: sendAgain ? 503 : 204, headers });
  };
}

function isBatch(value: unknown): boolean {
  return typeof value === "object" && value !== null && "events" in value;
}
