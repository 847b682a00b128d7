/** Admission on a clock that fixtures still, for tests of its rules. */

import { type Admission, type AdmissionOptions, createAdmit } from "../../src/admission/admit.ts";
import { parseLine } from "../../src/events/line.ts";
import type { Rejection } from "../../src/events/outcome.ts";
import type { AcceptedEvent, Caller, DedupKey, EventRow } from "../../src/events/types.ts";
import { anonymous } from "./events.ts";

/** The moment at which everything here is received: a Sunday, noon. */
export const NOW = Date.parse("2026-03-01T12:00:00.000Z");

/** The id that every event here gets. */
export const EVENT_ID = "019caa00-0000-7000-8000-000000000001";

/** Judges one event with the defaults of the service, but for `options`. */
export function admit(
  raw: unknown,
  options: Partial<AdmissionOptions> = {},
  caller: Caller = anonymous,
): Admission {
  return createAdmit({
    now: () => NOW,
    newId: () => EVENT_ID,
    clockToleranceMs: 5000,
    strictEventTypes: false,
    deduplicate: true,
    ...options,
  })(raw, caller);
}

/** The event that admission makes of `raw`, or a failure. */
export function accepted(...args: Parameters<typeof admit>): AcceptedEvent {
  const admission = admit(...args);
  if (!admission.ok) throw new Error(`Not admitted: ${JSON.stringify(admission.rejection)}`);
  return admission.event;
}

/** The row that admission makes of `raw`, or a failure. */
export function rowFor(...args: Parameters<typeof admit>): EventRow {
  return parseLine(accepted(...args).line).row;
}

/** Why `raw` is not admitted, or a failure where it is. */
export function rejection(...args: Parameters<typeof admit>): Rejection {
  const admission = admit(...args);
  if (admission.ok) throw new Error(`Admitted: ${admission.event.line.slice(0, 200)}…`);
  return admission.rejection;
}

/** What makes two events the same, as text to compare. */
export function dedupKeyText(dedupKey: DedupKey): string {
  return dedupKey.by === "fingerprint"
    ? `${dedupKey.second} ${dedupKey.value}`
    : JSON.stringify(dedupKey);
}
