/** Accepted events and request contexts. */

import { createUrlFilter } from "../../src/events/url_filter.ts";
import { createAdmit } from "../../src/admission/admit.ts";
import { NO_CONTEXT } from "../../src/events/line.ts";
import type {
  AcceptedEvent,
  Caller,
  RequestContext,
  TrackEventInput,
} from "../../src/events/types.ts";
import { newId } from "./ids.ts";

/** The context of a request, empty but for the given parts. */
export function contextOf(known: Partial<RequestContext>): RequestContext {
  return { ...NO_CONTEXT, ...known };
}

/** A caller of whom nothing is known. */
export const anonymous: Caller = {
  identity: null,
  context: contextOf({ ip: "203.0.113.7", userAgent: "Mozilla/5.0 (test)" }),
};

/** Makes an event that has passed admission. */
export function acceptedEvent(
  input: TrackEventInput,
  caller: Caller = anonymous,
  now: () => number = Date.now,
): AcceptedEvent {
  const admit = createAdmit({
    urls: createUrlFilter([]),
    now,
    newId,
    clockToleranceMs: 5000,
    strictEventTypes: false,
    deduplicate: true,
    fingerprintContent: "auto",
  });
  const admission = admit(input, caller);
  if (!admission.ok) throw new Error(`Not admitted: ${JSON.stringify(admission.rejection)}`);
  return admission.event;
}
