/**
 * The meaning of tags on links. Words are in lower case, with `_` for anything between letters and
 * digits: `Paid Social` and `paid-social` are both `paid_social`.
 */

import type { Channel } from "../events/enrichment.ts";
import type { SourceKind } from "./channels.ts";

/** Values of `utm_medium` that determine the channel, whatever the source. */
export const MEDIUMS: Readonly<Partial<Record<Channel, readonly string[]>>> = {
  paid_search: ["paid_search", "paidsearch", "search_ads", "sem", "adwords", "google_ads"],
  paid_social: [
    ...["paid_social", "paidsocial", "social_paid", "socialpaid", "social_ads", "social_ad"],
    ...["cpc_social", "social_cpc", "paid_social_media"],
  ],
  display: [
    ...["display", "banner", "banners", "expandable", "interstitial", "programmatic", "gdn"],
    ...["native", "native_ads", "content_text", "display_ads", "paid_display"],
  ],
  affiliate: ["affiliate", "affiliates", "affiliation", "partner_affiliate"],
  email: ["email", "e_mail", "mail", "mailing", "newsletter", "newsletters", "emailing", "drip"],
  social: [
    ...["social", "social_network", "social_media", "socialmedia", "sm", "smm", "social_post"],
    ...["organic_social", "social_organic", "organicsocial", "community"],
  ],
  organic_search: ["organic_search", "seo"],
};

/** Values of `utm_medium` for paid links, with the channel for an unknown source. */
export const PAID_MEDIUMS: Readonly<Partial<Record<Channel, readonly string[]>>> = {
  paid_search: ["cpc", "ppc", "paid", "ads", "ad", "cpp"],
  display: ["cpm", "cpv", "retargeting", "remarketing"],
  affiliate: ["cpa", "cpl", "cps"],
};

/** Values of `utm_medium` for unpaid links, with the channel for an unknown source. */
export const UNPAID_MEDIUMS: Readonly<Partial<Record<Channel, readonly string[]>>> = {
  organic_search: ["organic"],
  referral: ["referral", "referrer", "link", "web", "website", "blog"],
};

/** The channel of a paid visit by the kind of source. Not email, which has no paid channel. */
export const PAID_CHANNELS: Readonly<Partial<Record<SourceKind, Channel>>> = {
  organic_search: "paid_search",
  social: "paid_social",
  affiliate: "affiliate",
  display: "display",
};

/** More values of `utm_source`, in addition to the names of the sources. */
export const SOURCE_NAMES: Readonly<Partial<Record<SourceKind, readonly string[]>>> = {
  social: [
    ...["fb", "meta", "messenger", "ig", "insta", "x", "tw", "li", "tt", "pin", "yt", "wa"],
    ...["snap", "social", "linkedin_company", "hacker_news", "product_hunt"],
  ],
  email: [
    ...[
      "email",
      "e_mail",
      "mail",
      "newsletter",
      "newsletters",
      "mailerlite",
      "sendinblue",
      "brevo",
    ],
    ...["mailjet", "convertkit", "substack", "customerio", "customer_io", "activecampaign"],
  ],
  organic_search: ["ddg", "google_organic", "gmb", "gbp"],
  affiliate: ["affiliate", "affiliates", "impact_radius", "cj_affiliate"],
  display: ["gdn", "dv360", "criteo_ads"],
};

/** Values of `utm_source` that only ads have. */
export const AD_SOURCES: Readonly<Partial<Record<Channel, readonly string[]>>> = {
  paid_search: [
    ...["adwords", "google_ads", "googleads", "bing_ads", "bingads", "microsoft_ads"],
    ...["yandex_direct", "apple_search_ads"],
  ],
  paid_social: [
    ...["facebook_ads", "facebookads", "fb_ads", "fbads", "meta_ads", "metaads", "instagram_ads"],
    ...["ig_ads", "linkedin_ads", "linkedinads", "tiktok_ads", "twitter_ads", "x_ads"],
    ...["pinterest_ads", "reddit_ads", "snapchat_ads"],
  ],
};

/** Placeholders that tools write for missing values. */
export const NO_VALUES: readonly string[] = [
  ...["none", "not_set", "notset", "direct", "direct_none", "null", "undefined", "unknown", "n_a"],
];

/**
 * Click ids in the query of a landing page, the strongest evidence first. `fbclid`, `epik`, `igsh…`,
 * `ysclid` and `srsltid` are on unpaid links too: they identify the source, and only
 * together with a paid `utm_medium` a paid channel.
 */
export const CLICK_IDS: Readonly<Record<string, Channel>> = {
  gclid: "paid_search",
  gbraid: "paid_search",
  wbraid: "paid_search",
  msclkid: "paid_search",
  yclid: "paid_search",
  dclid: "display",
  ttclid: "paid_social",
  twclid: "paid_social",
  li_fat_id: "paid_social",
  rdt_cid: "paid_social",
  sccid: "paid_social",
  qclid: "paid_social",
  obclid: "display",
  dicbo: "display",
  tblci: "display",
  irclickid: "affiliate",
  cjevent: "affiliate",
  awc: "affiliate",
  sscid: "affiliate",
  ransiteid: "affiliate",
  mc_eid: "email",
  mc_cid: "email",
  mkt_tok: "email",
  _hsenc: "email",
  _kx: "email",
  ml_subscriber: "email",
  ck_subscriber_id: "email",
  vero_id: "email",
  fbclid: "social",
  igshid: "social",
  igsh: "social",
  epik: "social",
  ysclid: "organic_search",
  srsltid: "organic_search",
};

/** Event types that imply email: from the pixel and the links in it. */
export const EMAIL_EVENTS: readonly string[] = ["email_opened", "email_clicked"];

/** Event sources that are not visits, unless the event has a landing page. */
export const NON_VISIT_SOURCES: readonly string[] = ["api", "system", "webhook"];
