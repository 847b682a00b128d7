/**
 * Every fact that enrichers find, as a column of `event_enrichments`. The insert and the update of
 * `reenrich` are generated from this list; a test compares it with the migrated tables.
 */

import type { EnrichedFacts } from "../events/enrichment.ts";

/** When `reenrich` keeps the stored value of a fact instead of the new one. */
export type KeepRule =
  /** The new value always wins. */
  | "never"
  /** The request's context was not kept, so there is nothing to read the fact from. */
  | "without_context"
  /** No place was found this time: what the proxy once sent is better than nothing. */
  | "without_place"
  /** It is an input of enrichment, not a result. */
  | "always";

/** A column of `event_enrichments` that holds a fact. */
export interface FactColumn {
  /** Its SQL type. */
  readonly type: "boolean" | "cidr" | "text";
  readonly keep: KeepRule;
}

/** The columns by fact, the ones that are most often null last (see `encodeRows`). */
export const FACT_COLUMNS = {
  is_bot: { type: "boolean", keep: "without_context" },
  browser: { type: "text", keep: "without_context" },
  browser_version: { type: "text", keep: "without_context" },
  os: { type: "text", keep: "without_context" },
  os_version: { type: "text", keep: "without_context" },
  device_type: { type: "text", keep: "without_context" },
  channel: { type: "text", keep: "never" },
  country: { type: "text", keep: "without_place" },
  network: { type: "cidr", keep: "always" },
  referrer_host: { type: "text", keep: "never" },
  utm_source: { type: "text", keep: "never" },
  utm_medium: { type: "text", keep: "never" },
  utm_campaign: { type: "text", keep: "never" },
  utm_term: { type: "text", keep: "never" },
  utm_content: { type: "text", keep: "never" },
  click_id: { type: "text", keep: "never" },
  region: { type: "text", keep: "without_place" },
  city: { type: "text", keep: "without_place" },
  bot_reason: { type: "text", keep: "without_context" },
} as const satisfies Record<keyof EnrichedFacts, FactColumn>;

/** The names of `FACT_COLUMNS`, in order. */
export const FACT_NAMES = Object.keys(FACT_COLUMNS) as (keyof EnrichedFacts)[];
