/**
 * The meaning of tags on links. Words are in lower case, with `_` for anything between letters and
 * digits: `Paid Social` and `paid-social` are both `paid_social`.
 */

import type { Channel } from "../events/enrichment.ts";
import type { SourceKind } from "./channels.ts";

/*
 * The words follow the rules of Google Analytics' default channels and the tags that ad platforms, mail
 * services and assistants set by themselves; all others were seen on real links.
 */

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
  ai_assistant: [
    ...[
      "ai_assistant",
      "ai_assistants",
      "ai",
      "ai_chat",
      "ai_search",
      "ai_referral",
      "llm",
      "llms",
    ],
    ...["gen_ai", "genai", "generative_ai"],
  ],
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

/** The channel of a paid visit by the kind of source. Not of email and assistants, which have none. */
export const PAID_CHANNELS: Readonly<Partial<Record<SourceKind, Channel>>> = {
  organic_search: "paid_search",
  social: "paid_social",
  affiliate: "affiliate",
  display: "display",
};

/** More values of `utm_source`, in addition to the names of the sources. */
export const SOURCE_NAMES: Readonly<Partial<Record<SourceKind, readonly string[]>>> = {
  ai_assistant: [
    ...["openai", "openai_com", "chat_gpt", "gpt", "searchgpt", "chatgpt_search", "chatgpt_app"],
    ...["perplexity_ai", "claude_ai", "anthropic", "google_gemini", "bard", "google_bard"],
    ...["microsoft_copilot", "ms_copilot", "bing_copilot", "bing_chat", "bingchat", "metaai"],
    ...["xai", "deep_seek", "mistral_ai", "le_chat", "lechat", "ai_assistant", "llm"],
  ],
  social: [
    ...["fb", "meta", "messenger", "ig", "insta", "x", "tw", "li", "tt", "pin", "yt", "wa"],
    ...["snap", "social", "linkedin_company", "hacker_news", "product_hunt"],
    ...["bsky", "threads_net", "microsoft_teams"],
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

/** Event types that imply email: from the pixel and the links in it. */
export const EMAIL_EVENTS: readonly string[] = ["email_opened", "email_clicked"];

/** Event sources that are not visits, unless the event has a landing page. */
export const NON_VISIT_SOURCES: readonly string[] = ["api", "system", "webhook"];
