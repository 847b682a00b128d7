/** Finds where a visitor came from: the referrer's host, campaign tags, click id and channel. */

import { CLICK_IDS } from "../events/click_ids.ts";
import { cut } from "../events/cut.ts";
import type { CampaignFacts, EnricherInput } from "../events/enrichment.ts";
import { decideChannel } from "./campaign_channel.ts";
import { isWithin, parseUrl, readHost } from "./campaign_host.ts";
import { isReturn } from "./campaign_source.ts";
import type { Enricher } from "./enrich.ts";
import { memoize } from "./memo.ts";

/** The parts of a link that matter: its host, and the first value of each tag and click id. */
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
 * @param options.ownHosts hosts of the tracked sites, including their subdomains; the hosts of the
 * landing page and of the page that sent the event always count as own
 * @throws {TypeError} if one of them is not a host
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
  const ownHosts = options.ownHosts.map(parseOwnHost);
  return {
    name: "campaign",
    read: (input) => readCampaign(input, ownHosts),
    fallback: { referrer_host: null, channel: null, ...NO_TAGS, click_id: null },
  };
}

function readCampaign({ row, context }: EnricherInput, ownHosts: readonly string[]): CampaignFacts {
  const landing = readLink(row.attribution?.landingPage);
  const referrer_host = readLink(row.attribution?.referrer).host ??
    readLink(row.props?.referrer).host;
  const found = {
    referrer_host,
    ...readTags(row.attribution, landing.query),
    click_id: clickIdNames.find((name) => landing.query.has(name)) ?? null,
  };
  const channel = decideChannel({
    ...found,
    eventType: row.event_type,
    source: row.source,
    landed: landing.isUrl,
    internal: referrer_host !== null &&
      (isReturn(referrer_host) ||
        [...ownHosts, landing.host, readLink(context.referrer).host]
          .some((own) => own !== null && isWithin(referrer_host, own))),
  });
  return { ...found, channel };
}

// The events of a visit share a few links.
const cachedLink = memoize(2000, (text): Link => {
  const url = parseUrl(text);
  return { isUrl: url !== null, host: readHost(url), query: readQuery(url) };
});

function readLink(value: unknown): Link {
  return typeof value === "string" && value !== "" ? cachedLink(value) : NO_LINK;
}

/** Returns the tags that the client sent, completed from the landing page if it has the same campaign. */
function readTags(
  attribution: EnricherInput["row"]["attribution"],
  query: ReadonlyMap<string, string>,
): Tags {
  const sent: Tags = {
    utm_source: cleanTag(attribution?.utmSource),
    utm_medium: cleanTag(attribution?.utmMedium),
    utm_campaign: cleanTag(attribution?.utmCampaign),
    utm_term: cleanTag(attribution?.utmTerm),
    utm_content: cleanTag(attribution?.utmContent),
  };
  if (query.size === 0) return sent;
  const tags = { ...sent };
  for (const name of TAG_NAMES) {
    const here = cleanTag(query.get(name));
    // The client may have stored an earlier campaign than that of the page; never mix the two.
    if (sent[name] !== null && here !== null && sent[name] !== here) return sent;
    tags[name] ??= here;
  }
  return tags;
}

/** Postgres stores neither NUL, which a query can spell as `%00`, nor lone surrogates. */
function cleanTag(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const tag = cut(value.trim(), MAX_TAG);
  return tag === "" ? null : tag.replaceAll("\0", "\uFFFD").toWellFormed();
}

/** Returns the first value of each tag and click id, with names in lower case. */
function readQuery(url: URL | null): ReadonlyMap<string, string> {
  if (url === null || url.search === "") return NO_QUERY;
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    const key = name.toLowerCase();
    if (PARAMETERS.has(key) && value.trim() !== "" && !query.has(key)) query.set(key, value);
  }
  return query;
}

function parseOwnHost(text: string): string {
  const host = readHost(
    parseUrl(text.includes("://") ? text : `https://${text.replace(/^\*\./, "")}`),
  );
  if (host !== null) return host;
  throw new TypeError(
    `Cannot create the campaign enricher: each of ownHosts must be a host, got ${
      JSON.stringify(text)
    }`,
  );
}
