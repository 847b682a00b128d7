/** Click ids: query parameters that identify the click on an ad or a link. Names are in lower case. */

import type { Channel } from "./enrichment.ts";

/** The channel of each click id, the strongest evidence first; the comment names who adds it. */
export const CLICK_IDS: Readonly<Record<string, Channel>> = {
  gclid: "paid_search", // Google Ads
  gbraid: "paid_search", // Google Ads, from the web to an app
  wbraid: "paid_search", // Google Ads, from an app to the web
  msclkid: "paid_search", // Microsoft Advertising
  yclid: "paid_search", // Yandex Direct, Yahoo Japan
  ymclid: "paid_search", // Yandex Market
  sznclid: "paid_search", // Sklik of Seznam
  dclid: "display", // Google Display & Video 360, Campaign Manager
  ttclid: "paid_social", // TikTok
  twclid: "paid_social", // X
  li_fat_id: "paid_social", // LinkedIn
  rdt_cid: "paid_social", // Reddit
  sccid: "paid_social", // Snapchat, written ScCid
  qclid: "paid_social", // Quora
  ndclid: "paid_social", // Nextdoor
  rb_clickid: "paid_social", // VK
  obclid: "display", // Outbrain
  dicbo: "display", // Outbrain
  tblci: "display", // Taboola
  vmcid: "display", // Yahoo
  cto_pld: "display", // Criteo
  irclickid: "affiliate", // impact.com
  irclid: "affiliate", // impact.com
  cjevent: "affiliate", // CJ
  awc: "affiliate", // Awin
  sscid: "affiliate", // ShareASale
  ransiteid: "affiliate", // Rakuten
  clickref: "affiliate", // Partnerize
  tduid: "affiliate", // Tradedoubler
  mc_eid: "email", // Mailchimp
  mc_cid: "email", // Mailchimp
  mkt_tok: "email", // Marketo
  _hsenc: "email", // HubSpot
  _kx: "email", // Klaviyo
  ml_subscriber: "email", // MailerLite
  ck_subscriber_id: "email", // Kit
  vero_id: "email", // Vero
  dm_i: "email", // Dotdigital
  elqtrackid: "email", // Oracle Eloqua
  bsft_clkid: "email", // Blueshift
  sfmc_sub: "email", // Salesforce Marketing Cloud
  // Google Ads adds these beside a click id, and keeps them where consent forbids the click id.
  gad_source: "paid_search",
  gad_campaignid: "paid_search",
  // On unpaid links too. They identify the source, and only together with a paid `utm_medium` a paid
  // channel.
  fbclid: "social", // Facebook, Instagram
  igshid: "social", // Instagram
  igsh: "social", // Instagram
  mibextid: "social", // Facebook's apps
  epik: "social", // Pinterest
  ysclid: "organic_search", // Yandex
  srsltid: "organic_search", // Google Merchant Center
};

/**
 * Click ids that stay on links which are copied or indexed. An assistant that cites such a link is where
 * the visitor came from.
 */
export const COPIED_CLICK_IDS: readonly string[] = [
  ...["gad_source", "gad_campaignid", "fbclid", "igshid", "igsh", "mibextid", "epik", "ysclid"],
  "srsltid",
];
