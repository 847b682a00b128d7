/** Visitors: a session each, a device, a place they come from, and for some of them an account. */

import type { AttributionData } from "../events/types.ts";
import { makeOrigin } from "./addresses.ts";
import { makeAttribution } from "./attribution.ts";
import { makeUuid } from "./identifiers.ts";
import type { Account } from "./accounts.ts";
import type { Random } from "./random.ts";
import { type AgentKind, USER_AGENTS } from "./user_agents.ts";
import { SITE } from "./world.ts";

/** Somebody in a session. */
export interface Visitor {
  readonly sessionId: string;
  readonly agent: AgentKind;
  readonly source: "web" | "mobile";
  readonly account: Account | null;
  /** Where the session begins. */
  readonly landingPath: string;
  readonly attribution: AttributionData | null;
  /** Of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The way that the visitor's client sends single events. */
  readonly client: "rest" | "trpc";
}

/** Devices by weight. */
export type Agents = readonly (readonly [weight: number, agent: AgentKind])[];

/** What visitors of the site use. */
export const ONLINE_AGENTS: Agents = [
  [44, "desktop"],
  [33, "mobile"],
  [5, "tablet"],
  [6, "in_app"],
  [8, "app"],
  [4, "bot"],
];

/** What loses its connection and queues events meanwhile. */
export const OFFLINE_AGENTS: Agents = [
  [60, "app"],
  [30, "mobile"],
  [10, "tablet"],
];

const SIGNED_IN_SHARE = 0.25;
const TRPC_SHARE = 0.5;
const LANDING_PATHS = ["/", "/", "/explore", "/journal", "/pricing", "/creators"];

/** Makes a visitor. `accounts` may be empty: then everybody is anonymous. */
export function makeVisitor(
  random: Random,
  nowMs: number,
  accounts: readonly Account[],
  agents: Agents = ONLINE_AGENTS,
): Visitor {
  const agent = random.weighted(agents);
  const { ip, language } = makeOrigin(random);
  const signedIn = agent !== "bot" && accounts.length > 0 && random.chance(SIGNED_IN_SHARE);
  const account = signedIn ? random.pick(accounts) : null;
  const inBrowser = agent !== "app" && agent !== "bot";
  const landingPath = random.pick(LANDING_PATHS);
  return {
    sessionId: makeUuid(random, nowMs),
    agent,
    source: agent === "app" ? "mobile" : "web",
    account,
    landingPath,
    attribution: inBrowser ? makeAttribution(random, landingPath) : null,
    headers: {
      "user-agent": random.popular(USER_AGENTS[agent]),
      "x-forwarded-for": ip,
      ...(agent === "bot" ? {} : { "accept-language": language }),
      ...(inBrowser ? { referer: `${SITE}${landingPath}`, origin: SITE } : {}),
      ...(account === null ? {} : { authorization: `Bearer ${account.token}` }),
    },
    client: inBrowser && random.chance(TRPC_SHARE) ? "trpc" : "rest",
  };
}
