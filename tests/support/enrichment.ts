/** Events for enrichment. */

import { parseLine } from "../../src/events/line.ts";
import type { TrackEventInput } from "../../src/events/types.ts";
import type { Enriched, EnrichedFacts } from "../../src/events/enrichment.ts";
import { acceptedEvent, anonymous } from "./events.ts";

/** The facts of an event about which nothing is known. */
export const NO_FACTS: EnrichedFacts = {
  browser: null,
  browser_version: null,
  os: null,
  os_version: null,
  device_type: null,
  is_bot: false,
  bot_reason: null,
  network: null,
  country: null,
  region: null,
  city: null,
  referrer_host: null,
  channel: null,
  utm_source: null,
  utm_medium: null,
  utm_campaign: null,
  utm_term: null,
  utm_content: null,
  click_id: null,
};

/** An event line at a moment (epoch milliseconds). */
export function lineAt(ms: number, input: TrackEventInput): string {
  return acceptedEvent(input, anonymous, () => ms).line;
}

/** An enriched event at a moment, with the facts given. */
export function enrichedAt(
  ms: number,
  input: TrackEventInput,
  facts: Partial<EnrichedFacts> = {},
): { line: string; enriched: Enriched } {
  const line = lineAt(ms, input);
  return { line, enriched: { ...parseLine(line), facts: { ...NO_FACTS, ...facts } } };
}
