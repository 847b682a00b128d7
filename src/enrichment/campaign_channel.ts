/** The channel of an arrival: what the link says, before where the visitor was. */

import type { CampaignFacts, Channel } from "../events/enrichment.ts";
import {
  AD_SOURCES,
  CLICK_IDS,
  EMAIL_EVENTS,
  MEDIUMS,
  NO_VISITS,
  PAID_CHANNELS,
  PAID_MEDIUMS,
  UNPAID_MEDIUMS,
} from "./channels_tags.ts";
import { kindOfHost, kindOfSource, wordOf } from "./campaign_source.ts";

/** What is known of an arrival before its channel. */
export interface Arrival extends Omit<CampaignFacts, "channel"> {
  readonly eventType: string;
  readonly source: string;
  /** Whether the referrer is a page of the site itself. */
  readonly internal: boolean;
  /** Whether a landing page was named. */
  readonly landed: boolean;
}

const mediums = byWord(MEDIUMS);
const paidMediums = byWord(PAID_MEDIUMS);
const unpaidMediums = byWord(UNPAID_MEDIUMS);
const adSources = byWord(AD_SOURCES);
const clickIds: ReadonlyMap<string, Channel> = new Map(Object.entries(CLICK_IDS));
const paidOf: ReadonlyMap<string, Channel> = new Map([
  ...Object.entries(PAID_CHANNELS),
  ...Object.values(PAID_CHANNELS).map((channel) => [channel, channel] as const),
]);

/**
 * Decides the channel; the first rule that knows an answer gives it:
 *
 * 1. a mail that was opened or clicked is `email`;
 * 2. `utm_medium`: a paid one first, together with the source; then the others;
 * 3. a `utm_source` that only adverts bear;
 * 4. a click id;
 * 5. any other known `utm_source`;
 * 6. a referrer: `internal` for the site itself unless the link is tagged, else its kind, else `referral`;
 * 7. a tagged link of unknown kind is a `referral`;
 * 8. nothing at all: `direct` for a visit, `null` for what is none.
 */
export function channelOf(arrival: Arrival): Channel | null {
  if (EMAIL_EVENTS.includes(arrival.eventType)) return "email";
  return byMedium(arrival) ??
    adSources.get(wordOf(arrival.utm_source) ?? "") ??
    clickIds.get(arrival.click_id ?? "") ??
    kindOfSource(arrival.utm_source) ??
    byReferrer(arrival) ??
    (isTagged(arrival) ? "referral" : null) ??
    (NO_VISITS.includes(arrival.source) && !arrival.landed ? null : "direct");
}

function byMedium(arrival: Arrival): Channel | undefined {
  const medium = wordOf(arrival.utm_medium);
  if (medium === null) return undefined;
  const told = mediums.get(medium);
  if (told !== undefined) return told;
  const paid = paidMediums.get(medium) ?? (saysPaid(medium) ? "paid_search" : undefined);
  if (paid !== undefined) return paidChannel(arrival) ?? paid;
  const unpaid = unpaidMediums.get(medium);
  if (unpaid === undefined) return undefined;
  const kind = wordOf(arrival.utm_source) === null
    ? kindOfReferrer(arrival)
    : kindOfSource(arrival.utm_source);
  return kind ?? unpaid;
}

function saysPaid(medium: string): boolean {
  return medium.startsWith("paid") || /(?:^|_)(?:cpc|ppc|paid)(?:_|$)/.test(medium);
}

function paidChannel(arrival: Arrival): Channel | undefined {
  return adSources.get(wordOf(arrival.utm_source) ?? "") ??
    paidOf.get(kindOfSource(arrival.utm_source) ?? "") ??
    paidOf.get(clickIds.get(arrival.click_id ?? "") ?? "") ??
    paidOf.get(kindOfReferrer(arrival) ?? "");
}

function byReferrer(arrival: Arrival): Channel | null {
  if (arrival.referrer_host === null) return null;
  if (arrival.internal) return isTagged(arrival) ? null : "internal";
  return kindOfReferrer(arrival) ?? "referral";
}

function kindOfReferrer({ referrer_host, internal }: Arrival) {
  return referrer_host === null || internal ? undefined : kindOfHost(referrer_host);
}

function isTagged(arrival: Arrival): boolean {
  const { utm_source, utm_medium, utm_campaign, utm_term, utm_content } = arrival;
  return [utm_source, utm_medium, utm_campaign, utm_term, utm_content]
    .some((tag) => wordOf(tag) !== null);
}

function byWord(
  table: Readonly<Partial<Record<Channel, readonly string[]>>>,
): ReadonlyMap<string, Channel> {
  return new Map(
    (Object.entries(table) as [Channel, readonly string[]][])
      .flatMap(([channel, words]) => words.map((word) => [word, channel] as const)),
  );
}
