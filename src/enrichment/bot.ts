/**
 * Detects bots. Their events are marked with the reason, never dropped.
 *
 * - Headless browsers and automation tools identify themselves in the user agent or its brands.
 * - Crawlers and other programs identify themselves in the user agent.
 * - On the web, a real browser sends a user agent and its languages.
 *
 * Servers and apps report what people did through HTTP libraries, which look like programs and send no
 * browser headers. So for sources other than `web` only declared crawlers count.
 *
 * The image proxies of Gmail and Yahoo fetch images when a person opens a mail, and are not bots.
 * Apple's fetches them whether or not anyone reads the mail. Its user agent is a bare `Mozilla/5.0`,
 * and it counts as a bot.
 */

import { isbot, isbotMatch } from "isbot";
import { API_KEY_ACTOR } from "../events/api_key.ts";
import type { BotFacts, EnricherInput } from "../events/enrichment.ts";
import type { ClientHints } from "../events/types.ts";
import { AUTOMATION, DECLARED, HEADLESS } from "./bot_data.ts";
import type { Enricher } from "./enrich.ts";
import { isMailProxy } from "./user_agent_corrections.ts";
import { memoize } from "./memo.ts";

const NOT_A_BOT: BotFacts = { is_bot: false, bot_reason: null };

/** Marks events that software sent without a person. */
export const botEnricher: Enricher<BotFacts> = {
  name: "bot",
  read: (input) => {
    const reason = findReason(input);
    return reason === null ? NOT_A_BOT : { is_bot: true, bot_reason: reason };
  },
  fallback: NOT_A_BOT,
};

function findReason({ row, context }: EnricherInput): string | null {
  const userAgent = context.userAgent?.trim() ?? "";
  if (isMailProxy(userAgent)) return null;
  const web = row.source === "web";
  const reason = findBrandReason(context.clientHints) ?? findUserAgentReason(userAgent, web);
  if (reason !== null || !web) return reason;
  // A server knows the user agent of the person at most (contract 13.7).
  if (row.actor_type === API_KEY_ACTOR) return null;
  if (userAgent === "") return "headers: no user agent";
  // Mail clients fetch images with fewer headers than browsers send.
  return context.language || row.event_type === "email_opened"
    ? null
    : "headers: no accept-language";
}

function findBrandReason(hints: ClientHints | null): string | null {
  return hints ? findAutomationReason(`${hints.brands ?? ""} ${hints.fullVersions ?? ""}`) : null;
}

function findAutomationReason(text: string): string | null {
  const headless = HEADLESS.exec(text)?.[0];
  if (headless !== undefined) return `headless: ${headless}`;
  const tool = AUTOMATION.exec(text)?.[0];
  return tool === undefined ? null : `automation: ${tool}`;
}

function findUserAgentReason(userAgent: string, web: boolean): string | null {
  const reason = cachedReason(userAgent);
  return reason !== "" && (web || DECLARED.test(userAgent)) ? reason : null;
}

// Measured: 4 µs to classify a user agent, 0.4 µs from the cache.
const cachedReason = memoize(2000, (userAgent) => {
  const reason = findAutomationReason(userAgent);
  if (reason !== null) return reason;
  return isbot(userAgent) ? `user_agent: ${findBotName(userAgent)}` : "";
});

/** Matches of isbot that are not names. */
const NAMELESS = /^(?:https?|www\..*|.*\.com)$/i;
const COMPATIBLE = /compatible; *([\w.-]{1,64})/;
const FIRST = /^([\w.-]{1,64})/;

/** Returns the word of a user agent that isbot matched, such as `Googlebot`. */
function findBotName(userAgent: string): string {
  const at = Math.max(userAgent.indexOf(isbotMatch(userAgent) ?? ""), 0);
  const before = /[\w.-]*$/.exec(userAgent.slice(Math.max(at - 64, 0), at))?.[0] ?? "";
  const name = /^[\w.-]{1,64}/.exec(before + userAgent.slice(at))?.[0];
  if (name !== undefined && !NAMELESS.test(name)) return name;
  return (COMPATIBLE.exec(userAgent) ?? FIRST.exec(userAgent))?.[1] ?? "unnamed";
}
