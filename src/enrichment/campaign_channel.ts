/** Decides the channel of an arrival: the tags of the link count before the referrer. */

import { CLICK_IDS, COPIED_CLICK_IDS } from "../events/click_ids.ts";
import type { CampaignFacts, Channel } from "../events/enrichment.ts";
import {
  AD_SOURCES,
  EMAIL_EVENTS,
  MEDIUMS,
  NON_VISIT_SOURCES,
  PAID_CHANNELS,
  PAID_MEDIUMS,
  UNPAID_MEDIUMS,
} from "./channels_tags.ts";
import { classifyHost, classifySource, toWord } from "./campaign_source.ts";

/** The facts that decide the channel. */
export interface Arrival extends Omit<CampaignFacts, "channel"> {
  readonly eventType: string;
  readonly source: string;
  /** Whether the referrer is a page of the tracked sites, or one that visitors come back from. */
  readonly internal: boolean;
  /** Whether the event has a landing page. */
  readonly landed: boolean;
}

const mediums = indexByWord(MEDIUMS);
const paidMediums = indexByWord(PAID_MEDIUMS);
const unpaidMediums = indexByWord(UNPAID_MEDIUMS);
const adSources = indexByWord(AD_SOURCES);
const clickIds: ReadonlyMap<string, Channel> = new Map(Object.entries(CLICK_IDS));
const paidChannels: ReadonlyMap<string, Channel> = new Map([
  ...Object.entries(PAID_CHANNELS),
  ...Object.values(PAID_CHANNELS).map((channel) => [channel, channel] as const),
]);

/**
 * Decides the channel by the first rule that applies:
 *
 * 1. an opened or clicked mail is `email`;
 * 2. `utm_medium`, where a paid one is refined by the source;
 * 3. a `utm_source` that only ads have;
 * 4. a click id, unless an assistant cites the link that has it;
 * 5. any other known `utm_source`;
 * 6. the referrer: `internal` for the tracked sites and for the way back from a payment or sign-in,
 *    unless the link is tagged; else its kind, or `referral`;
 * 7. a tagged link of unknown kind is a `referral`;
 * 8. otherwise `direct` for a visit, `null` for events that are not visits.
 */
export function decideChannel(arrival: Arrival): Channel | null {
  if (EMAIL_EVENTS.includes(arrival.eventType)) return "email";
  return findChannelByMedium(arrival) ??
    adSources.get(toWord(arrival.utm_source) ?? "") ??
    findChannelByClickId(arrival) ??
    classifySource(arrival.utm_source) ??
    findChannelByReferrer(arrival) ??
    (isTagged(arrival) ? "referral" : null) ??
    (NON_VISIT_SOURCES.includes(arrival.source) && !arrival.landed ? null : "direct");
}

function findChannelByMedium(arrival: Arrival): Channel | undefined {
  const medium = toWord(arrival.utm_medium);
  if (medium === null) return undefined;
  const channel = mediums.get(medium);
  if (channel !== undefined) return channel;
  const paid = paidMediums.get(medium) ?? (isPaidMedium(medium) ? "paid_search" : undefined);
  if (paid !== undefined) return findPaidChannel(arrival) ?? paid;
  const unpaid = unpaidMediums.get(medium);
  if (unpaid === undefined) return undefined;
  const kind = toWord(arrival.utm_source) === null
    ? classifyReferrer(arrival)
    : classifySource(arrival.utm_source);
  return kind ?? unpaid;
}

function isPaidMedium(medium: string): boolean {
  return medium.startsWith("paid") || /(?:^|_)(?:cpc|ppc|paid)(?:_|$)/.test(medium);
}

function findPaidChannel(arrival: Arrival): Channel | undefined {
  return adSources.get(toWord(arrival.utm_source) ?? "") ??
    paidChannels.get(classifySource(arrival.utm_source) ?? "") ??
    paidChannels.get(clickIds.get(arrival.click_id ?? "") ?? "") ??
    paidChannels.get(classifyReferrer(arrival) ?? "");
}

function findChannelByClickId(arrival: Arrival): Channel | undefined {
  const { click_id } = arrival;
  if (click_id === null) return undefined;
  const cited = COPIED_CLICK_IDS.includes(click_id) &&
    (classifySource(arrival.utm_source) ?? classifyReferrer(arrival)) === "ai_assistant";
  return cited ? undefined : clickIds.get(click_id);
}

function findChannelByReferrer(arrival: Arrival): Channel | null {
  if (arrival.referrer_host === null) return null;
  if (arrival.internal) return isTagged(arrival) ? null : "internal";
  return classifyReferrer(arrival) ?? "referral";
}

function classifyReferrer({ referrer_host, internal }: Arrival) {
  return referrer_host === null || internal ? undefined : classifyHost(referrer_host);
}

function isTagged(arrival: Arrival): boolean {
  const { utm_source, utm_medium, utm_campaign, utm_term, utm_content } = arrival;
  return [utm_source, utm_medium, utm_campaign, utm_term, utm_content]
    .some((tag) => toWord(tag) !== null);
}

function indexByWord(
  table: Readonly<Partial<Record<Channel, readonly string[]>>>,
): ReadonlyMap<string, Channel> {
  return new Map(
    (Object.entries(table) as [Channel, readonly string[]][])
      .flatMap(([channel, words]) => words.map((word) => [word, channel] as const)),
  );
}
