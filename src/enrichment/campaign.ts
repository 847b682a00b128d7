/** How a visitor came: the referrer's host, the campaign's tags, the click id, the channel. */

import type { CampaignFacts, EnricherInput } from "../events/enrichment.ts";
import { channelOf } from "./campaign_channel.ts";
import { hostOf, isWithin, urlOf } from "./campaign_host.ts";
import { CLICK_IDS } from "./channels_tags.ts";
import type { Enricher } from "./enrich.ts";
import { memoized } from "./memo.ts";

/** What is read of a link: the host it names, and the first value of each parameter that tells something. */
interface Link {
  readonly isUrl: boolean;
  readonly host: string | null;
  readonly query: ReadonlyMap<string, string>;
}

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
const NO_LINK: Link = { isUrl: false, host: null, query: NO_QUERY };
const clickIdNames = Object.keys(CLICK_IDS);
const PARAMETERS: ReadonlySet<string> = new Set([...TAG_NAMES, ...clickIdNames]);

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
  const landing = linkOf(row.attribution?.landingPage);
  const referrer_host = linkOf(row.attribution?.referrer).host ?? linkOf(row.props?.referrer).host;
  const found = {
    referrer_host,
    ...tagsOf(row.attribution, landing.query),
    click_id: clickIdNames.find((name) => landing.query.has(name)) ?? null,
  };
  const channel = channelOf({
    ...found,
    eventType: row.event_type,
    source: row.source,
    landed: landing.isUrl,
    internal: referrer_host !== null &&
      [...ownHosts, landing.host, linkOf(context.referrer).host]
        .some((own) => own !== null && isWithin(referrer_host, own)),
  });
  return { ...found, channel };
}

// The events of a visit name the same few links.
const rememberedLink = memoized(2000, (text): Link => {
  const url = urlOf(text);
  return { isUrl: url !== null, host: hostOf(url), query: queryOf(url) };
});

/** What is read of a value of any type. */
function linkOf(value: unknown): Link {
  return typeof value === "string" && value !== "" ? rememberedLink(value) : NO_LINK;
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

/** The first value of each tag and click id that has one, names in lower case. */
function queryOf(url: URL | null): ReadonlyMap<string, string> {
  if (url === null || url.search === "") return NO_QUERY;
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    const key = name.toLowerCase();
    if (PARAMETERS.has(key) && value.trim() !== "" && !query.has(key)) query.set(key, value);
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
