/** Inputs of one kind have one channel: assistants, click ids, payments, apps. */

import fc from "fast-check";
import { createCampaignEnricher } from "../../src/enrichment/campaign.ts";
import { classifySource } from "../../src/enrichment/campaign_source.ts";
import { SOURCES } from "../../src/enrichment/channels.ts";
import { APPS } from "../../src/enrichment/channels_apps.ts";
import { RETURNS } from "../../src/enrichment/channels_returns.ts";
import { CLICK_IDS, COPIED_CLICK_IDS } from "../../src/events/click_ids.ts";
import type { AttributionData } from "../../src/events/types.ts";
import { assert, assertEquals, assertNotEquals } from "../support/assert.ts";
import { visit } from "./user_agent_support.ts";

const enricher = createCampaignEnricher({ ownHosts: [] });
const PAGE = "https://www.gallery.example/";

function readChannel(attribution: AttributionData): string | null {
  return enricher.read(visit({}, { attribution })).channel;
}

function assertChannels(channel: string, arrivals: readonly AttributionData[]): void {
  for (const arrival of arrivals) {
    assertEquals(readChannel({ landingPage: PAGE, ...arrival }), channel, JSON.stringify(arrival));
  }
}

Deno.test("7.19 assistants are ai_assistant, by site, app and tag", () => {
  const sites = [
    ...["chatgpt.com", "chat.openai.com", "www.perplexity.ai", "claude.ai", "gemini.google.com"],
    ...["copilot.microsoft.com", "copilot.cloud.microsoft", "www.meta.ai", "grok.com", "you.com"],
    ...["chat.deepseek.com", "chat.mistral.ai", "poe.com", "www.phind.com", "bard.google.com"],
    ...["edgeservices.bing.com", "chat.qwen.ai", "www.kimi.com", "duck.ai"],
  ];
  const apps = [
    ...["com.openai.chatgpt", "ai.perplexity.app.android", "com.anthropic.claude", "ai.x.grok"],
    ...["com.google.android.apps.bard", "com.microsoft.copilot", "com.deepseek.chat"],
    ...["ai.mistral.chat", "com.poe.android", "com.you.browser", "com.facebook.stella"],
  ];
  const tags = [
    ...["chatgpt.com", "chatgpt", "ChatGPT", "openai", "perplexity", "perplexity.ai", "claude"],
    ...["claude.ai", "gemini", "copilot", "copilot.com", "bing_chat", "meta_ai", "grok"],
    ...["deepseek", "le chat", "you.com", "poe", "phind"],
  ];
  assertChannels("ai_assistant", sites.map((host) => ({ referrer: `https://${host}/` })));
  assertChannels("ai_assistant", apps.map((id) => ({ referrer: `android-app://${id}/` })));
  for (const utmMedium of [undefined, "referral", "organic", "link"]) {
    assertChannels(
      "ai_assistant",
      tags.map((utmSource) => ({ utmSource, ...(utmMedium ? { utmMedium } : {}) })),
    );
  }
});

Deno.test("7.19 a click id decides the channel of an untagged link, in any case", () => {
  const expected = {
    paid_search: "gclid gbraid wbraid gad_source gad_campaignid msclkid yclid",
    paid_social: "ttclid twclid li_fat_id rdt_cid ScCid qclid ndclid",
    affiliate: "irclickid irclid cjevent awc sscid ranSiteID",
    display: "dclid dicbo obclid tblci",
    email: "mc_eid mkt_tok _hsenc _kx",
    social: "fbclid igshid igsh epik",
    organic_search: "srsltid ysclid",
  };
  for (const [channel, names] of Object.entries(expected)) {
    for (const name of names.split(" ")) {
      assertChannels(channel, [{ landingPage: `${PAGE}?${name}=1` }]);
      assertChannels(channel, [{ landingPage: `${PAGE}?a=b&${name.toUpperCase()}=1#c` }]);
    }
  }
  for (const name of Object.keys(CLICK_IDS)) assertEquals(name, name.toLowerCase());
  for (const name of COPIED_CLICK_IDS) assert(name in CLICK_IDS, name);
});

Deno.test("7.20 the way back from a payment or a sign-in is no arrival", () => {
  const hosts = [
    ...["checkout.stripe.com", "hooks.stripe.com", "www.paypal.com", "pay.klarna.com"],
    ...["payments.klarna.com", "checkoutshopper-live.adyen.com", "www.mollie.com", "shop.app"],
    ...["pay.amazon.com", "payments.amazon.de", "pay.google.com", "pay.shopify.com"],
    ...["centinelapi.cardinalcommerce.com", "secure7.arcot.com", "acs.somebank.example"],
    ...["3dsecure.somebank.co.uk", "accounts.google.com", "appleid.apple.com"],
    ...["login.microsoftonline.com", "tenant.eu.auth0.com"],
  ];
  assertChannels("internal", hosts.map((host) => ({ referrer: `https://${host}/x?y=z` })));
  assertChannels("internal", [{ referrer: "android-app://com.paypal.android.p2pmobile/" }]);
  for (const host of ["stripe.com", "www.3ds.com", "pubs.acs.org", "notpaypal.com"]) {
    assertChannels("referral", [{ referrer: `https://${host}/` }]);
  }
});

Deno.test("7.20 a tag or a click id counts, whatever page the visitor comes back from", () => {
  fc.assert(fc.property(
    fc.constantFrom(...Object.values(RETURNS).flat()),
    fc.constantFrom(...Object.keys(CLICK_IDS)),
    (pattern, name) => {
      const referrer = `https://${pattern.replace(/\*$/, "com")}/`;
      assertEquals(readChannel({ referrer, landingPage: PAGE }), "internal");
      assertEquals(
        readChannel({ referrer, landingPage: `${PAGE}?${name}=1` }),
        CLICK_IDS[name] ?? null,
      );
    },
  ));
});

Deno.test("messengers, networks and their shorteners are social, mail apps are email", () => {
  const social = [
    ...["https://app.slack.com/", "https://bsky.app/", "https://go.bsky.app/", "https://t.co/a"],
    ...["https://www.threads.net/", "https://www.threads.com/", "https://mastodon.social/"],
    ...["https://mastodon.example/", "https://mstdn.example/", "https://discord.com/"],
    ...["https://discord.gg/x", "https://t.me/x", "https://web.telegram.org/", "https://wa.me/1"],
    ...["https://web.whatsapp.com/", "https://lnkd.in/a", "https://redd.it/a", "https://pin.it/a"],
    ...["https://ow.ly/a", "https://buff.ly/a", "https://teams.microsoft.com/"],
    ...[
      "android-app://com.Slack/",
      "android-app://xyz.blueskyweb.app",
      "android-app://com.discord",
    ],
    ...["android-app://com.instagram.barcelona", "android-app://org.joinmastodon.android/"],
    ...["android-app://org.telegram.messenger/", "android-app://org.telegram.messenger.web/"],
    ...["android-app://com.whatsapp/", "android-app://com.linkedin.android/https/lnkd.in/a"],
  ];
  const email = [
    ...[
      "android-app://com.google.android.gm/",
      "android-app://com.google.android.gm/https/a.example",
    ],
    ...["android-app://com.microsoft.office.outlook/", "https://mail.google.com/"],
  ];
  assertChannels("social", social.map((referrer) => ({ referrer })));
  assertChannels("email", email.map((referrer) => ({ referrer })));
});

Deno.test("every app has a site that the tables know", () => {
  for (const [id, host] of Object.entries(APPS)) {
    assertEquals(id, id.toLowerCase());
    assertNotEquals(
      readChannel({ referrer: `android-app://${id}/`, landingPage: PAGE }),
      "referral",
    );
    assertNotEquals(host, id);
  }
});

Deno.test("every source is recognized in utm_source by its name", () => {
  for (const [kind, sources] of Object.entries(SOURCES)) {
    for (const name of Object.keys(sources)) assertEquals(classifySource(name), kind, name);
  }
});
