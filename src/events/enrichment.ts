/** What enrichment adds to an event, and the port through which it leaves. */

import type { EventRow, Place, RequestContext } from "./types.ts";

/** What an enricher looks at. */
export interface EnricherInput {
  readonly row: EventRow;
  readonly context: RequestContext;
}

/** What a user agent and its client hints tell; `null` for what they do not. */
export interface UserAgentFacts {
  readonly browser: string | null;
  readonly browser_version: string | null;
  readonly os: string | null;
  readonly os_version: string | null;
  /** `desktop`, `mobile`, `tablet`, `smarttv`, `console`, `wearable` or `embedded`. */
  readonly device_type: string | null;
}

/** Whether a machine sent the event by itself. */
export interface BotFacts {
  readonly is_bot: boolean;
  /** The signal that told so, like `user_agent: Googlebot`. */
  readonly bot_reason: string | null;
}

/** What is kept of a caller's address. */
export interface NetworkFacts {
  /** `81.2.69.0/24`, `2a00:23c0:17::/48`; `null` where the address is nobody's in public. */
  readonly network: string | null;
}

/** How a visitor came. */
export interface CampaignFacts {
  /** Lower case, without `www.`; `null` where there is no referrer. */
  readonly referrer_host: string | null;
  readonly channel: Channel | null;
  readonly utm_source: string | null;
  readonly utm_medium: string | null;
  readonly utm_campaign: string | null;
  readonly utm_term: string | null;
  readonly utm_content: string | null;
  /** The name of the click id in the landing page's URL: `gclid`, `fbclid`, … */
  readonly click_id: string | null;
}

/** The vocabulary of channels that analysts know. */
export type Channel =
  | "direct"
  | "organic_search"
  | "paid_search"
  | "social"
  | "paid_social"
  | "email"
  | "referral"
  | "affiliate"
  | "display"
  | "internal";

/** Whether the entity that an event is about exists (contract 4.5). */
export type EntityStatus = "none" | "found" | "missing" | "unchecked";

/** Where each type of entity lives; the parts are checked to be names. */
export type EntityTables = ReadonlyMap<
  string,
  readonly [schema: string, table: string, column: string]
>;

/** What the enrichers find out together. */
export type EnrichedFacts = UserAgentFacts & BotFacts & NetworkFacts & Place & CampaignFacts;

/** An event and what the enrichers found out of it. */
export interface Enriched extends EnricherInput {
  readonly facts: EnrichedFacts;
}

/** Where enrichments go. Writing the same ones again must change nothing. */
export interface EnrichmentSink {
  /** @throws where the sink is away: the events are to be written again */
  write(enriched: readonly Enriched[]): Promise<void>;
}
