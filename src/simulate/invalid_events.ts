/** Events that the service must reject, each for exactly one reason. */

import { MAX_EVENT_BYTES } from "../admission/admit.ts";
import { MAX_AGE_MS } from "../events/occurred_at.ts";
import type { Expectation } from "./types.ts";
import type { Random } from "./random.ts";

/** An invalid event and the rejection that it should get. */
export interface InvalidEvent {
  readonly body: Readonly<Record<string, unknown>>;
  readonly expect: Expectation & { readonly kind: "invalid" };
}

type Body = Readonly<Record<string, unknown>>;
type Status = (Expectation & { readonly kind: "invalid" })["status"];
type Defect = readonly [
  reason: string,
  status: Status,
  apply: (body: Body, nowMs: number) => Body,
];

const HOUR_MS = 3_600_000;

const DEFECTS: readonly (readonly [weight: number, defect: Defect])[] = [
  [3, ["missing eventType", 400, ({ eventType: _, ...body }) => body]],
  [2, ["empty eventType", 400, (body) => ({ ...body, eventType: "" })]],
  [2, ["eventType too long", 400, (body) => ({ ...body, eventType: "x".repeat(101) })]],
  [3, ["unknown source", 400, (body) => ({ ...body, source: "carrier_pigeon" })]],
  [3, ["entityId not a CUID", 400, (body) => ({ ...body, entityId: "42", entityType: "asset" })]],
  [3, [
    "missing entityType",
    400,
    ({ entityType: _, ...body }) => ({ ...body, entityId: "cjld2cjxh0000qzrmn831i7rn" }),
  ]],
  [3, ["sessionId not a UUID", 400, (body) => ({ ...body, sessionId: "not-a-session" })]],
  [2, ["props not an object", 400, (body) => ({ ...body, props: ["a", "list"] })]],
  [2, ["referrer not a URL", 400, (body) => ({ ...body, attribution: { referrer: "google" } })]],
  [3, [
    "occurred_at in the future",
    412,
    (body, nowMs) => withOccurredAt(body, new Date(nowMs + HOUR_MS).toISOString()),
  ]],
  [3, [
    "occurred_at too old",
    412,
    (body, nowMs) => withOccurredAt(body, new Date(nowMs - MAX_AGE_MS - HOUR_MS).toISOString()),
  ]],
  [2, ["occurred_at not a date", 412, (body) => withOccurredAt(body, "yesterday")]],
  [2, [
    "missing view_duration_ms",
    412,
    (body) => ({ ...body, eventType: "asset_viewed", props: { asset_type: "image" } }),
  ]],
  [2, [
    "missing license_id",
    412,
    ({ props: _, ...body }) => ({ ...body, eventType: "license_signed" }),
  ]],
  [2, [
    "missing payment_method",
    412,
    (body) => ({ ...body, eventType: "payout_completed", props: { amount_cents: 100 } }),
  ]],
  [1, [
    "event too large",
    413,
    (body) => ({ ...body, props: { note: "x".repeat(MAX_EVENT_BYTES + 1) } }),
  ]],
];

/** Returns a page view with one defect, picked by weight. */
export function makeInvalidEvent(random: Random, sessionId: string, nowMs: number): InvalidEvent {
  const [reason, status, apply] = random.weighted(DEFECTS);
  const body = { eventType: "page_viewed", source: "web", sessionId, props: { path: "/" } };
  return { body: apply(body, nowMs), expect: { kind: "invalid", status, reason } };
}

function withOccurredAt(body: Body, occurredAt: string): Body {
  return { ...body, props: { path: "/", occurred_at: occurredAt } };
}
