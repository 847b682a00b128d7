/** Admission with a stopped clock, for tests of its rules. */

import { type Admission, type AdmissionOptions, createAdmit } from "../../src/admission/admit.ts";
import { parseLine } from "../../src/events/line.ts";
import type { Rejection } from "../../src/events/outcome.ts";
import type { AcceptedEvent, Caller, DedupKey, EventRow } from "../../src/events/types.ts";
import { createUrlFilter } from "../../src/events/url_filter.ts";
import { anonymous } from "./events.ts";

/** The time at which every event is received: noon on a Sunday. */
export const NOW = Date.parse("2026-03-01T12:00:00.000Z");

/** The id of every event. */
export const EVENT_ID = "019caa00-0000-7000-8000-000000000001";

/** Admits one event with the service's defaults and `options`. */
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
    fingerprintContent: "auto",
    urls: createUrlFilter([]),
    ...options,
  })(raw, caller);
}

/** The event that admission makes of `raw`; throws if it is rejected. */
export function accepted(...args: Parameters<typeof admit>): AcceptedEvent {
  const admission = admit(...args);
  if (!admission.ok) throw new Error(`Not admitted: ${JSON.stringify(admission.rejection)}`);
  return admission.event;
}

/** The row that admission makes of `raw`; throws if it is rejected. */
export function rowFor(...args: Parameters<typeof admit>): EventRow {
  return parseLine(accepted(...args).line).row;
}

/** Why `raw` is rejected; throws if it is admitted. */
export function rejection(...args: Parameters<typeof admit>): Rejection {
  const admission = admit(...args);
  if (admission.ok) throw new Error(`Admitted: ${admission.event.line.slice(0, 200)}…`);
  return admission.rejection;
}

/** A dedup key as text. */
export function dedupKeyText(dedupKey: DedupKey): string {
  return dedupKey.by === "fingerprint"
    ? `${dedupKey.second} ${dedupKey.value}`
    : JSON.stringify(dedupKey);
}
