/** Inputs for tests of the user agent and bot enrichers. */

import fc from "fast-check";
import type { EnricherInput } from "../../src/events/enrichment.ts";
import type { ClientHints, EventRow, RequestContext } from "../../src/events/types.ts";
import { contextOf } from "../support/events.ts";

const ROW: EventRow = {
  id: "0197f4f0-0000-7000-8000-000000000000",
  occurred_at: "2026-02-28T10:20:30.456Z",
  received_at: "2026-02-28T10:20:30.456Z",
  event_type: "page_viewed",
  known_event_type: true,
  source: "web",
  entity_type: null,
  entity_id: null,
  session_id: null,
  actor_id: null,
  actor_type: null,
  user_id: null,
  creator_id: null,
  brand_id: null,
  user_role: null,
  props: null,
  attribution: null,
  idempotency_key: null,
  content_hash: null,
};

/** An event from a browser set to English. */
export function visit(
  context: Partial<RequestContext>,
  row: Partial<EventRow> = {},
): EnricherInput {
  return {
    row: { ...ROW, ...row },
    context: contextOf({ language: "en-GB,en;q=0.9", ...context }),
  };
}

/** Client hints, `null` but for the given ones. */
export function clientHints(hints: Partial<ClientHints>): ClientHints {
  return {
    brands: null,
    fullVersions: null,
    platform: null,
    platformVersion: null,
    mobile: null,
    model: null,
    ...hints,
  };
}

/** Arbitrary text including lone surrogates; faster to set up than the unit `binary`. */
export const anyText: fc.Arbitrary<string> = fc.array(fc.nat(0xffff), { maxLength: 64 })
  .map((units) => String.fromCharCode(...units));
