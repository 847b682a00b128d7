/** Events to test with. */

import { createAdmit } from "../../src/admission/admit.ts";
import { uuidv7 } from "uuidv7";
import type { AcceptedEvent, Caller, TrackEventInput } from "../../src/events/types.ts";

/** A caller of whom nothing is known. */
export const anonymous: Caller = {
  identity: null,
  context: { ip: "203.0.113.7", userAgent: "Mozilla/5.0 (test)", referrer: null, language: null },
};

/** An event that passed admission. */
export function acceptedEvent(
  input: TrackEventInput,
  caller: Caller = anonymous,
  now: () => number = Date.now,
): AcceptedEvent {
  const admit = createAdmit({
    now,
    newId: uuidv7,
    clockToleranceMs: 5000,
    strictEventTypes: false,
    deduplicate: true,
  });
  const admission = admit(input, caller);
  if (!admission.ok) throw new Error(`Not admitted: ${JSON.stringify(admission.rejection)}`);
  return admission.event;
}
