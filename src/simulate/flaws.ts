/** Events that the service must refuse, each for one reason. */

import { MAX_EVENT_BYTES } from "../admission/admit.ts";
import { MAX_AGE_MS } from "../events/occurred_at.ts";
import type { Expectation } from "./types.ts";
import type { Random } from "./random.ts";

/** An event that is wrong, and the refusal it should get. */
export interface Flawed {
  readonly body: Readonly<Record<string, unknown>>;
  readonly expect: Expectation & { readonly kind: "invalid" };
}

type Body = Readonly<Record<string, unknown>>;
type Status = (Expectation & { readonly kind: "invalid" })["status"];
type Flaw = readonly [name: string, status: Status, spoil: (body: Body, nowMs: number) => Body];

const HOUR_MS = 3_600_000;

const FLAWS: readonly (readonly [weight: number, flaw: Flaw])[] = [
  [3, ["eventType missing", 400, ({ eventType: _, ...body }) => body]],
  [2, ["eventType empty", 400, (body) => ({ ...body, eventType: "" })]],
  [2, ["eventType too long", 400, (body) => ({ ...body, eventType: "x".repeat(101) })]],
  [3, ["source unknown", 400, (body) => ({ ...body, source: "carrier_pigeon" })]],
  [3, ["entityId no CUID", 400, (body) => ({ ...body, entityId: "42", entityType: "asset" })]],
  [3, [
    "entityType missing",
    400,
    ({ entityType: _, ...body }) => ({ ...body, entityId: "cjld2cjxh0000qzrmn831i7rn" }),
  ]],
  [3, ["sessionId no UUID", 400, (body) => ({ ...body, sessionId: "not-a-session" })]],
  [2, ["props no object", 400, (body) => ({ ...body, props: ["a", "list"] })]],
  [2, ["referrer no URL", 400, (body) => ({ ...body, attribution: { referrer: "google" } })]],
  [3, [
    "occurred_at in the future",
    412,
    (body, nowMs) => stamped(body, new Date(nowMs + HOUR_MS).toISOString()),
  ]],
  [3, [
    "occurred_at too old",
    412,
    (body, nowMs) => stamped(body, new Date(nowMs - MAX_AGE_MS - HOUR_MS).toISOString()),
  ]],
  [2, ["occurred_at no date", 412, (body) => stamped(body, "yesterday")]],
  [2, [
    "view_duration_ms missing",
    412,
    (body) => ({ ...body, eventType: "asset_viewed", props: { asset_type: "image" } }),
  ]],
  [2, [
    "license_id missing",
    412,
    ({ props: _, ...body }) => ({ ...body, eventType: "license_signed" }),
  ]],
  [2, [
    "payment_method missing",
    412,
    (body) => ({ ...body, eventType: "payout_completed", props: { amount_cents: 100 } }),
  ]],
  [1, [
    "too large",
    413,
    (body) => ({ ...body, props: { note: "x".repeat(MAX_EVENT_BYTES + 1) } }),
  ]],
];

/** Spoils a plain page view in one way. */
export function makeFlawed(random: Random, sessionId: string, nowMs: number): Flawed {
  const [flaw, status, spoil] = random.weighted(FLAWS);
  const body = { eventType: "page_viewed", source: "web", sessionId, props: { path: "/" } };
  return { body: spoil(body, nowMs), expect: { kind: "invalid", status, flaw } };
}

function stamped(body: Body, occurredAt: string): Body {
  return { ...body, props: { path: "/", occurred_at: occurredAt } };
}
