/** Finds browser, operating system and device type, from the user agent and its client hints. */

import { UAParser } from "ua-parser-js";
import type { UserAgentFacts } from "../events/enrichment.ts";
import type { ClientHints } from "../events/types.ts";
import type { Enricher } from "./enrich.ts";
import { DEVICE_TYPES_BY_OS, OS_NAMES } from "./user_agent_data.ts";
import { applyHints, withModel } from "./user_agent_apply_hints.ts";
import { type ParsedHints, parseHints } from "./user_agent_hints.ts";
import { memoize } from "./memo.ts";
import { correctFacts, isMailProxy } from "./user_agent_corrections.ts";

const NOTHING: UserAgentFacts = {
  browser: null,
  browser_version: null,
  os: null,
  os_version: null,
  device_type: null,
};

/** Finds browser, operating system and device type. Client hints win, as user agents are frozen. */
export const userAgentEnricher: Enricher<UserAgentFacts> = {
  name: "user_agent",
  read: ({ context }) => readUserAgent(context.userAgent, context.clientHints),
  fallback: NOTHING,
  readsContext: true,
};

// Measured: 32 µs to parse a user agent, 0.3 µs from the cache.
const cachedParse = memoize(2000, parseUserAgent);

function readUserAgent(userAgent: string | null, sent: ClientHints | null): UserAgentFacts {
  if (!sent) return userAgent ? cachedParse(userAgent) : NOTHING;
  const hints: ParsedHints = parseHints(sent);
  const full = withModel(userAgent ?? "", hints);
  return applyHints(full === "" ? NOTHING : cachedParse(full), hints);
}

/** Parses a user agent without client hints. */
function parseUserAgent(userAgent: string): UserAgentFacts {
  if (isMailProxy(userAgent)) return NOTHING;
  const { browser, os, device } = new UAParser(userAgent).getResult();
  const name = os.name === undefined ? null : OS_NAMES.get(os.name) ?? os.name;
  return correctFacts(userAgent, {
    browser: browser.name ?? null,
    browser_version: browser.version ?? null,
    os: name,
    os_version: os.version ?? null,
    device_type: device.type ?? findDeviceType(name, browser.name),
  });
}

/** The parser does not report desktops: assume one for a browser on any other operating system. */
function findDeviceType(os: string | null, browser: string | undefined): string | null {
  if (os === null) return null;
  return DEVICE_TYPES_BY_OS.get(os) ?? (browser === undefined ? null : "desktop");
}
