/** Visitors: each with a session, a device, an origin and, for some, an account. */

import type { AttributionData } from "../events/types.ts";
import { makeOrigin } from "./addresses.ts";
import { makeAttribution } from "./attribution.ts";
import { makeUuid } from "./identifiers.ts";
import type { Account } from "./accounts.ts";
import type { Random } from "./random.ts";
import { type AgentKind, USER_AGENTS } from "./user_agents.ts";
import { SITE } from "./marketplace.ts";

/** A visitor in one session. */
export interface Visitor {
  readonly sessionId: string;
  readonly agent: AgentKind;
  readonly source: "web" | "mobile";
  readonly account: Account | null;
  /** The first page of the session. */
  readonly landingPath: string;
  readonly attribution: AttributionData | null;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The endpoint for single events. */
  readonly client: "rest" | "trpc";
}

/** Kinds of client, by weight. */
export type Agents = readonly (readonly [weight: number, agent: AgentKind])[];

/** Clients of visitors who are online. */
export const ONLINE_AGENTS: Agents = [
  [44, "desktop"],
  [33, "mobile"],
  [5, "tablet"],
  [6, "in_app"],
  [8, "app"],
  [4, "bot"],
];

/** Clients that queue events while they are offline. */
export const OFFLINE_AGENTS: Agents = [
  [60, "app"],
  [30, "mobile"],
  [10, "tablet"],
];

const SIGNED_IN_SHARE = 0.25;
const TRPC_SHARE = 0.5;
const LANDING_PATHS = ["/", "/", "/explore", "/journal", "/pricing", "/creators"];

/** Creates a visitor; a quarter sign in with one of the `accounts`, if there are any. */
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
