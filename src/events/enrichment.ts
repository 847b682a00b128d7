/** The facts that enrichment adds to an event, and the port that stores them. */

import type { EventRow, Place, RequestContext } from "./types.ts";

/** The input of an enricher. */
export interface EnricherInput {
  readonly row: EventRow;
  readonly context: RequestContext;
}

/** Facts from the user agent and its client hints; `null` if they have none. */
export interface UserAgentFacts {
  readonly browser: string | null;
  readonly browser_version: string | null;
  readonly os: string | null;
  readonly os_version: string | null;
  /** `desktop`, `mobile`, `tablet`, `smarttv`, `console`, `wearable` or `embedded`. */
  readonly device_type: string | null;
}

/** Whether the event comes from software and not from a person. */
export interface BotFacts {
  readonly is_bot: boolean;
  /** The signal that identified the bot, such as `user_agent: Googlebot`. */
  readonly bot_reason: string | null;
}

/** The part of the caller's address that is stored. */
export interface NetworkFacts {
  /** Such as `81.2.69.0/24` or `2a00:23c0:17::/48`; `null` if the address is not public. */
  readonly network: string | null;
}

/** Where the visitor came from. */
export interface CampaignFacts {
  /** Lower case, without `www.`; `null` if there is no referrer. */
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

/** Marketing channels: every value that `channel` can have. */
export const CHANNELS = [
  "direct",
  "organic_search",
  "paid_search",
  "ai_assistant",
  "social",
  "paid_social",
  "email",
  "referral",
  "affiliate",
  "display",
  "internal",
] as const;

/** A marketing channel. */
export type Channel = typeof CHANNELS[number];

/** Whether the entity that an event refers to exists (contract 4.5); `none` where it refers to none. */
export type EntityStatus = "none" | "found" | "missing" | "unchecked";

/** The table of each entity type. The configuration checks that the parts are identifiers. */
export type EntityTables = ReadonlyMap<
  string,
  readonly [schema: string, table: string, column: string]
>;

/** The facts of all enrichers. */
export type EnrichedFacts = UserAgentFacts & BotFacts & NetworkFacts & Place & CampaignFacts;

/** An event with its facts. */
export interface Enriched extends EnricherInput {
  readonly facts: EnrichedFacts;
}

/** Stores enrichments. Writing the same ones again must change nothing. */
export interface EnrichmentSink {
  /** @throws while the sink is unavailable; the events have to be written again */
  write(enriched: readonly Enriched[]): Promise<void>;
  /** Whether an enrichment of an event with a session, which needs every table, could be written now. */
  canWrite(): Promise<boolean>;
}
