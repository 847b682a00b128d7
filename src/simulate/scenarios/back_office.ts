/** Events without a visitor: payouts, royalties, jobs, webhooks and opened emails. */

import { makeCuid } from "../identifiers.ts";
import type { Random } from "../random.ts";
import type { Draft } from "../types.ts";
import type { Marketplace } from "../marketplace.ts";

/** Returns a payout to a creator, which must never be counted twice. */
export function makePayout(random: Random, marketplace: Marketplace, nowMs: number): Draft {
  return {
    eventType: "payout_completed",
    source: "system",
    entity: { type: "payout", id: makeCuid(random, nowMs) },
    once: true,
    props: {
      amount_cents: random.whole(500, 480_000),
      currency: random.pick(["EUR", "USD", "GBP"]),
      payment_method: random.pick(["bank_transfer", "stripe", "paypal"]),
      creator_id: random.popular(marketplace.creators).id,
    },
  };
}

/** Returns another event of the platform itself: a royalty, a webhook or a job. */
export function makeBackgroundEvent(random: Random, nowMs: number): Draft {
  const royalty = { type: "royalty" as const, id: makeCuid(random, nowMs) };
  return random.weighted<Draft>([
    [3, {
      eventType: "royalty_calculated",
      source: "system",
      entity: royalty,
      props: { amount_cents: random.whole(20, 90_000) },
    }],
    [2, {
      eventType: "royalty_statement_generated",
      source: "system",
      entity: royalty,
    }],
    [3, {
      eventType: "webhook_received",
      source: "webhook",
      once: true,
      props: { provider: "payments", topic: random.pick(["invoice.paid", "payout.paid"]) },
    }],
    [3, {
      eventType: "job_completed",
      source: "system",
      once: true,
      props: { job: random.pick(["thumbnails", "statements"]), ms: random.whole(40, 9_000) },
    }],
    [1, {
      eventType: "job_failed",
      source: "system",
      once: true,
      props: { job: "thumbnails", reason: "unsupported colour profile" },
    }],
  ]);
}

/** Returns the event of an opened email, as the pixel reports it. */
export function makeEmailOpen(random: Random, nowMs: number): Draft {
  return {
    eventType: "email_opened",
    entity: { type: "user", id: makeCuid(random, nowMs) },
    props: { template: random.pick(["weekly", "new_license", "statement_ready"]) },
  };
}
