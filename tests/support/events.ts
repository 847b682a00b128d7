/** Events to test with. */

import { createAdmit } from "../../src/admission/admit.ts";
import type {
  AcceptedEvent,
  Caller,
  RequestContext,
  TrackEventInput,
} from "../../src/events/types.ts";
import { newId } from "./ids.ts";

/** The context of a request of which nothing is known but the given. */
export function contextOf(known: Partial<RequestContext>): RequestContext {
  const nothing = {
    ip: null,
    userAgent: null,
    referrer: null,
    language: null,
    clientHints: null,
    place: null,
  };
  return { ...nothing, ...known };
}

/** A caller of whom nothing is known. */
export const anonymous: Caller = {
  identity: null,
  context: contextOf({ ip: "203.0.113.7", userAgent: "Mozilla/5.0 (test)" }),
};

/** An event that passed admission. */
export function acceptedEvent(
  input: TrackEventInput,
  caller: Caller = anonymous,
  now: () => number = Date.now,
): AcceptedEvent {
  const admit = createAdmit({
    now,
    newId,
    clockToleranceMs: 5000,
    strictEventTypes: false,
    deduplicate: true,
  });
  const admission = admit(input, caller);
  if (!admission.ok) throw new Error(`Not admitted: ${JSON.stringify(admission.rejection)}`);
  return admission.event;
}
