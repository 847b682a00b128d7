import fc from "fast-check";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertThrows,
} from "../support/assert.ts";
import { contextOf } from "../support/events.ts";
import { createCampaignEnricher } from "../../src/enrichment/campaign.ts";
import { SOURCES } from "../../src/enrichment/channels.ts";
import { APPS } from "../../src/enrichment/channels_apps.ts";
import { RETURNS } from "../../src/enrichment/channels_returns.ts";
import { CHANNELS } from "../../src/events/enrichment.ts";
import type { CampaignFacts, EnricherInput } from "../../src/events/enrichment.ts";
import type { AttributionData, EventRow } from "../../src/events/types.ts";
import arrivals from "./fixtures/arrivals.json" with { type: "json" };

type Arrival = AttributionData & {
  readonly why: string;
  readonly eventType?: string;
  readonly source?: EventRow["source"];
  readonly pageUrl?: string;
  readonly channel: string | null;
  readonly referrer_host: string | null;
  readonly click_id: string | null;
};

const fixtures = arrivals as Arrival[];
const enricher = createCampaignEnricher({ ownHosts: ["studio.example"] });

function input(
  row: Partial<Pick<EventRow, "event_type" | "source" | "attribution" | "props">>,
  referrer: string | null = null,
): EnricherInput {
  const base: EventRow = {
    id: "01900000-0000-7000-8000-000000000000",
    occurred_at: "2026-01-01T00:00:00.000Z",
    received_at: "2026-01-01T00:00:00.000Z",
    event_type: "page_viewed",
    known_event_type: true,
    source: "web",
    entity_type: null,
    entity_id: null,
    session_id: null,
    actor_id: null,
    actor_type: null,
    user_id: null,
    creator_id: null,
    brand_id: null,
    user_role: null,
    props: null,
    attribution: null,
    idempotency_key: null,
    content_hash: null,
  };
  return { row: { ...base, ...row }, context: contextOf({ referrer }) };
}

function read(attribution: AttributionData, props: EventRow["props"] = null): CampaignFacts {
  return enricher.read(input({ attribution, props }));
}

for (const fixture of fixtures) {
  const { why, eventType, source, pageUrl, channel, referrer_host, click_id, ...sent } = fixture;
  Deno.test(`${why}: ${channel ?? "no channel"}`, () => {
    const facts = enricher.read(input({
      event_type: eventType ?? "page_viewed",
      source: source ?? "web",
      attribution: Object.keys(sent).length === 0 ? null : sent,
    }, pageUrl ?? null));
    assertEquals(
      { channel: facts.channel, referrer_host: facts.referrer_host, click_id: facts.click_id },
      { channel: channel as CampaignFacts["channel"], referrer_host, click_id },
    );
  });
}

Deno.test("every channel has several fixtures", () => {
  const counts = new Map<string | null, number>();
  for (const { channel } of fixtures) counts.set(channel, (counts.get(channel) ?? 0) + 1);
  assertEquals(new Set(counts.keys()), new Set([...CHANNELS, null]));
  for (const [channel, count] of counts) assertGreater(count, 3, String(channel));
});

Deno.test("every host is in the tables once, in its normalized form", () => {
  const hosts = [
    ...Object.values(SOURCES).flatMap((sources) => Object.values(sources).flat()),
    ...Object.values(RETURNS).flat(),
  ];
  assertEquals(hosts.length, new Set(hosts).size);
  for (
    const host of [...hosts.map((host) => host.replace(/\.\*$/, ".com")), ...Object.values(APPS)]
  ) {
    assertEquals(read({ referrer: `https://www.${host}/` }).referrer_host, host);
  }
});

Deno.test("the referrer in the props counts where attribution has none", () => {
  const props = { referrer: "https://www.bing.com/" };
  assertEquals(read({}, props).channel, "organic_search");
  assertEquals(read({ referrer: "" }, props).referrer_host, "bing.com");
  assertEquals(read({ referrer: "https://t.co/" }, props).referrer_host, "t.co");
  assertEquals(read({}, { referrer: "bing.com" }).channel, "direct");
  assertEquals(read({}, { referrer: { url: "https://www.bing.com/" } }).channel, "direct");
});

Deno.test("the Referer header of the request is the page, never the referrer", () => {
  const facts = enricher.read(input({}, "https://www.google.com/"));
  assertEquals([facts.referrer_host, facts.channel], [null, "direct"]);
});

Deno.test("tags from the client win, and the landing page completes them", () => {
  const landingPage = "https://a.example/?utm_source=News&utm_medium=email&utm_campaign=may+sale";
  assertEquals(read({ utmSource: "News", landingPage }), {
    referrer_host: null,
    channel: "email",
    utm_source: "News",
    utm_medium: "email",
    utm_campaign: "may sale",
    utm_term: null,
    utm_content: null,
    click_id: null,
  });
});

Deno.test("two campaigns never mix", () => {
  const landingPage = "https://a.example/?utm_source=google&utm_medium=cpc&utm_term=art";
  const { utm_source, utm_medium, utm_term, channel } = read({ utmSource: "twitter", landingPage });
  assertEquals([utm_source, utm_medium, utm_term, channel], ["twitter", null, null, "social"]);
});

Deno.test("tags are cut at 255 characters, never within a surrogate pair", () => {
  const facts = read({ utmSource: "x".repeat(300), utmTerm: `${"x".repeat(254)}🎨` });
  assertEquals([facts.utm_source?.length, facts.utm_term], [255, "x".repeat(254)]);
});

Deno.test("characters that Postgres cannot store are replaced in tags", () => {
  const facts = read({ utmTerm: "a\uD800b", landingPage: "https://a.example/?utm_source=a%00b" });
  assertEquals([facts.utm_source, facts.utm_term], ["a\uFFFDb", "a\uFFFDb"]);
});

Deno.test("own hosts may be written with scheme, port, path or wildcard", () => {
  for (
    const own of [
      "Other.example",
      "*.other.example",
      "other.example:3000",
      "https://www.other.example/x",
    ]
  ) {
    const { read } = createCampaignEnricher({ ownHosts: [own] });
    const attribution = { referrer: "https://a.other.example/" };
    assertEquals(read(input({ attribution })).channel, "internal", own);
  }
  assertThrows(
    () => createCampaignEnricher({ ownHosts: ["no host"] }),
    TypeError,
    'got "no host"',
  );
});

Deno.test("7.19 arbitrary text never throws, every fact is present, and the channel is one of the list", () => {
  const keys = Object.keys(enricher.fallback).sort();
  const word = fc.constantFrom(
    ...[
      "http://",
      "android-app://",
      "google.com",
      "?utm_source=",
      "&gclid=",
      "%00",
      "%zz",
      "[::",
      ".",
    ],
    ...["__proto__", "constructor", "www.", "https://www.com", "@", "#", "xn--", "\uD800"],
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.webUrl({ withQueryParameters: true }),
    fc.array(fc.oneof(word, fc.string())).map((parts) => parts.join("")),
  );
  const maybe = fc.option(text, { nil: undefined });
  const attribution = fc.record({
    utmSource: maybe,
    utmMedium: maybe,
    utmCampaign: maybe,
    utmTerm: maybe,
    utmContent: maybe,
    referrer: maybe,
    landingPage: maybe,
  });
  fc.assert(fc.property(
    fc.option(attribution),
    fc.option(fc.record({ referrer: fc.oneof(text, fc.anything()) })),
    fc.option(text),
    fc.constantFrom("web", "api", "mobile", "system", "webhook"),
    (attribution, props, referrer, source) => {
      const facts = enricher.read(input({ attribution, props, source }, referrer));
      assertEquals(Object.keys(facts).sort(), keys);
      assert(facts.channel === null || CHANNELS.includes(facts.channel), String(facts.channel));
      for (const value of Object.values(facts)) {
        assert(value === null || (value.isWellFormed() && !value.includes("\0") && value !== ""));
        assertLessOrEqual(value?.length ?? 0, 255);
      }
    },
  ));
});
