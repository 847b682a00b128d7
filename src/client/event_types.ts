/** The types of events in the SDKs of browsers and servers. */

import type { EventType } from "../events/catalogue.ts";

/** Any JSON object. */
// deno-lint-ignore no-explicit-any -- the guide's own type: any JSON a caller likes to send
export type Props = Record<string, any>;

/** Props without which the service rejects an event (contract 4.4). */
export interface RequiredProps {
  /** `view_duration_ms`: how long the asset was viewed. */
  asset_viewed: { view_duration_ms: number };
  /** `license_id`: the license that was signed. */
  license_signed: { license_id: string };
  /** `amount_cents` and `payment_method` of the payout. */
  payout_completed: { amount_cents: number; payment_method: string };
  /** `post_id`: the post that was viewed. */
  post_viewed: { post_id: string };
  /** `cta_type` and `cta_url` of the call to action. */
  post_cta_clicked: { cta_type: string; cta_url: string };
}

/** An event type of the catalogue, which an editor completes, or any other string. */
export type EventName = EventType | (string & Record<never, never>);

/** Marketing attribution, as the service accepts it. */
export interface Attribution {
  /** Query parameter `utm_source`. */
  utmSource?: string;
  /** Query parameter `utm_medium`. */
  utmMedium?: string;
  /** Query parameter `utm_campaign`. */
  utmCampaign?: string;
  /** Query parameter `utm_term`. */
  utmTerm?: string;
  /** Query parameter `utm_content`. */
  utmContent?: string;
  /** The page on another host that the visitor came from. */
  referrer?: string;
  /** The first page of the session, with its query and therefore its click ids. */
  landingPage?: string;
}
