/** The list of enrichers, in the order in which they run. */

import type { Clock } from "../clock.ts";
import { botEnricher } from "./bot.ts";
import { createCampaignEnricher } from "./campaign.ts";
import type { Enricher } from "./enrich.ts";
import { openGeo } from "./geo.ts";
import { networkEnricher } from "./network.ts";
import { userAgentEnricher } from "./user_agent.ts";

/** What the enrichers need. */
export interface EnrichersOptions {
  /** Hosts that belong to the sites that track: coming from them is no arrival. */
  readonly ownHosts: readonly string[];
  /** A MaxMind City file, or `null` for the bundled database of countries. */
  readonly cityDatabase: string | null;
  readonly clock: Clock;
}

/** Enrichers, and what they hold open. */
export interface Enrichers extends Disposable {
  readonly list: readonly Enricher[];
}

/** Opens all enrichers. */
export async function openEnrichers(options: EnrichersOptions): Promise<Enrichers> {
  const geo = await openGeo(options);
  const campaign = createCampaignEnricher(options);
  return {
    list: [userAgentEnricher, botEnricher, networkEnricher, geo.enricher, campaign],
    [Symbol.dispose]: () => geo[Symbol.dispose](),
  };
}
