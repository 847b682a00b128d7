/** How a visitor came: the referrer's host, the campaign's tags, the click id, the channel. */

import type { CampaignFacts, EnricherInput } from "../events/enrichment.ts";
import { channelOf } from "./campaign_channel.ts";
import { hostOf, isWithin, urlOf } from "./campaign_host.ts";
import { CLICK_IDS } from "./channels_tags.ts";
import type { Enricher } from "./enrich.ts";

type Tags = Pick<
  CampaignFacts,
  "utm_source" | "utm_medium" | "utm_campaign" | "utm_term" | "utm_content"
>;

const MAX_TAG = 255;
const NO_TAGS: Tags = {
  utm_source: null,
  utm_medium: null,
  utm_campaign: null,
  utm_term: null,
  utm_content: null,
};
const TAG_NAMES = Object.keys(NO_TAGS) as (keyof Tags)[];
const NO_QUERY: ReadonlyMap<string, string> = new Map();
const clickIdNames = Object.keys(CLICK_IDS);

/**
 * Creates the enricher for referrer and campaign.
 *
 * @param options.ownHosts the site's own hosts, with all below them; the landing page's host and that of
 * the page which sent the event are own hosts anyway
 * @throws {TypeError} for an own host that is none
 *
 * @example
 * ```ts
 * const campaign = createCampaignEnricher({ ownHosts: ["gallery.example"] });
 * campaign.read({ row, context }).channel; // "organic_search"
 * ```
 */
export function createCampaignEnricher(
  options: { ownHosts: readonly string[] },
): Enricher<CampaignFacts> {
  const ownHosts = options.ownHosts.map(ownHost);
  return {
    name: "campaign",
    read: (input) => readCampaign(input, ownHosts),
    nothing: { referrer_host: null, channel: null, ...NO_TAGS, click_id: null },
  };
}

function readCampaign({ row, context }: EnricherInput, ownHosts: readonly string[]): CampaignFacts {
  const landing = urlOf(row.attribution?.landingPage);
  const query = queryOf(landing);
  const referrer_host = hostOf(urlOf(row.attribution?.referrer)) ??
    hostOf(urlOf(row.props?.referrer));
  const found = {
    referrer_host,
    ...tagsOf(row.attribution, query),
    click_id: clickIdNames.find((name) => query.has(name)) ?? null,
  };
  const channel = channelOf({
    ...found,
    eventType: row.event_type,
    source: row.source,
    landed: landing !== null,
    internal: referrer_host !== null &&
      [...ownHosts, hostOf(landing), hostOf(urlOf(context.referrer))]
        .some((own) => own !== null && isWithin(referrer_host, own)),
  });
  return { ...found, channel };
}

/** What the client read of the link, completed by the landing page where both speak of one campaign. */
function tagsOf(
  attribution: EnricherInput["row"]["attribution"],
  query: ReadonlyMap<string, string>,
): Tags {
  const sent: Tags = {
    utm_source: tagOf(attribution?.utmSource),
    utm_medium: tagOf(attribution?.utmMedium),
    utm_campaign: tagOf(attribution?.utmCampaign),
    utm_term: tagOf(attribution?.utmTerm),
    utm_content: tagOf(attribution?.utmContent),
  };
  if (query.size === 0) return sent;
  const tags = { ...sent };
  for (const name of TAG_NAMES) {
    const here = tagOf(query.get(name));
    // A client may remember the first campaign while the page tells of another; the two never mix.
    if (sent[name] !== null && here !== null && sent[name] !== here) return sent;
    tags[name] ??= here;
  }
  return tags;
}

/** Postgres takes neither NUL nor half a surrogate pair, and a query can spell the one with `%00`. */
function tagOf(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const tag = value.trim().slice(0, MAX_TAG).replace(/[\uD800-\uDBFF]$/, "");
  return tag === "" ? null : tag.replaceAll("\0", "\uFFFD").toWellFormed();
}

/** The first value of each parameter that has one, names in lower case. */
function queryOf(url: URL | null): ReadonlyMap<string, string> {
  if (url === null || url.search === "") return NO_QUERY;
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    const key = name.toLowerCase();
    if (value.trim() !== "" && !query.has(key)) query.set(key, value);
  }
  return query;
}

function ownHost(text: string): string {
  const host = hostOf(urlOf(text.includes("://") ? text : `https://${text.replace(/^\*\./, "")}`));
  if (host !== null) return host;
  throw new TypeError(
    `Cannot create the campaign enricher as each of 'ownHosts' must be a host: current value is '${text}'`,
  );
}
