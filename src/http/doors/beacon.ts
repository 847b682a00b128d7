/** `POST /v1/beacon`: for `navigator.sendBeacon` and `fetch(…, {keepalive: true})` at page exit. */

import type { Context as HonoContext } from "hono";
import { createCaller } from "../../trpc/router.ts";
import { answerWith, refuseBody } from "../answer.ts";
import { readJson } from "../body.ts";
import { type DoorOptions, type HttpEnv, procedureContext } from "../env.ts";

/**
 * Takes one event or `{events}`, whatever the content type, and answers 204. What a caller that can
 * read the answer has to know comes as elsewhere: a refusal with its status, and 503 where an event
 * could not be stored and has to be sent again.
 */
export function beaconDoor(options: DoorOptions) {
  return async function beacon(c: HonoContext<HttpEnv>): Promise<Response> {
    const requestId = c.get("requestId");
    const body = await readJson(c.req.raw);
    if (!body.ok) return refuseBody(body, requestId);
    const headers = new Headers();
    const caller = createCaller(procedureContext(c, options, headers)).eventIngestion;
    let stored = true;
    const response = await answerWith(headers, requestId, async () => {
      if (isBatch(body.value)) await caller.trackBatch(body.value as never);
      else stored = (await caller.track(body.value as never)).tracked;
    });
    if (!response.ok) return response;
    return new Response(null, { status: stored ? 204 : 503, headers });
  };
}

function isBatch(value: unknown): boolean {
  return typeof value === "object" && value !== null && "events" in value;
}
