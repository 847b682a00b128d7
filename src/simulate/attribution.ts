/** How visitors found the site: referrers and campaigns. */

import type { AttributionData } from "../events/types.ts";
import type { Random } from "./random.ts";
import { SITE } from "./marketplace.ts";

interface Arrival {
  readonly referrer?: string;
  readonly source?: string;
  readonly medium?: string;
  readonly campaigns?: readonly string[];
}

const ARRIVALS: readonly (readonly [number, Arrival])[] = [
  [30, {}],
  [22, { referrer: "https://www.google.com/" }],
  [3, { referrer: "https://www.bing.com/" }],
  [3, { referrer: "https://duckduckgo.com/" }],
  [8, { referrer: "https://l.instagram.com/" }],
  [4, { referrer: "https://www.pinterest.com/" }],
  [3, { referrer: "https://t.co/" }],
  [3, { referrer: "https://www.reddit.com/r/design/" }],
  [4, { referrer: "https://blog.partner.example/best-of-the-month" }],
  [7, {
    referrer: "https://www.google.com/",
    source: "google",
    medium: "cpc",
    campaigns: ["brand_terms", "licensing_generic"],
  }],
  [6, {
    referrer: "https://l.instagram.com/",
    source: "instagram",
    medium: "paid_social",
    campaigns: ["autumn_drop", "creators_wanted"],
  }],
  [7, { source: "newsletter", medium: "email", campaigns: ["weekly_41", "weekly_42"] }],
];
const TERMS = ["image licensing", "license artwork", "stock illustration"];
const CONTENTS = ["hero", "sidebar", "footer"];

/** Returns the attribution of a visitor who lands on `path`; direct traffic has only a landing page. */
export function makeAttribution(random: Random, path: string): AttributionData {
  const { referrer, source, medium, campaigns } = random.weighted(ARRIVALS);
  const utm: AttributionData =
    source === undefined || medium === undefined || campaigns === undefined ? {} : {
      utmSource: source,
      utmMedium: medium,
      utmCampaign: random.pick(campaigns),
      ...(medium === "cpc" ? { utmTerm: random.pick(TERMS) } : {}),
      ...(random.chance(0.4) ? { utmContent: random.pick(CONTENTS) } : {}),
    };
  const landing = new URL(path, SITE);
  for (const [name, value] of Object.entries(utm)) {
    if (value !== undefined) landing.searchParams.set(snakeCase(name), value);
  }
  return { ...utm, ...(referrer === undefined ? {} : { referrer }), landingPage: landing.href };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
