/** The list of enrichers, in the order in which they run. */

import type { Clock } from "../clock.ts";
import type { Place, RequestContext } from "../events/types.ts";
import { botEnricher } from "./bot.ts";
import { createCampaignEnricher } from "./campaign.ts";
import type { Enricher } from "./enrich.ts";
import { openGeo } from "./geo.ts";
import { networkEnricher } from "./network.ts";
import { userAgentEnricher } from "./user_agent.ts";

/** Options of `openEnrichers`. */
export interface EnrichersOptions {
  /** Hosts of the tracked sites: referrers on them are `internal`. */
  readonly ownHosts: readonly string[];
  /** The path of a MaxMind City file, or `null` to use the bundled country database alone. */
  readonly cityDatabase: string | null;
  readonly clock: Clock;
}

/** The enrichers. Disposing stops watching the City file. */
export interface Enrichers extends Disposable {
  readonly list: readonly Enricher[];
  /** Finds the place of a caller, as the enricher does. */
  readonly locate: (context: RequestContext) => Place;
}

/**
 * Opens the databases and creates all enrichers.
 *
 * @throws if the City file cannot be used, or one of `ownHosts` is not a host
 */
export async function openEnrichers(options: EnrichersOptions): Promise<Enrichers> {
  const geo = await openGeo(options);
  const campaign = createCampaignEnricher(options);
  return {
    list: [userAgentEnricher, botEnricher, networkEnricher, geo.enricher, campaign],
    locate: geo.locate,
    [Symbol.dispose]: () => geo[Symbol.dispose](),
  };
}
