/**
 * Whether a machine sent an event by itself: marked with the reason, never dropped.
 *
 * - A headless browser or an automation tool says so in its user agent or its brands.
 * - A crawler or a program says so in its user agent.
 * - On the web, a browser sends a user agent and its languages.
 *
 * Servers and apps send events of what people did, through libraries that look like programs and have
 * no browser's headers. So for sources other than `web` only what declares itself a crawler counts.
 *
 * Gmail's and Yahoo's image proxies fetch the pictures of a mail when its reader opens it: no bots.
 * Apple's, which fetches them whether or not anybody reads the mail, sends the bare `Mozilla/5.0`: a bot.
 */

import { isbot, isbotMatch } from "isbot";
import type { BotFacts, EnricherInput } from "../events/enrichment.ts";
import type { ClientHints } from "../events/types.ts";
import { AUTOMATION, DECLARED, HEADLESS } from "./bot_data.ts";
import type { Enricher } from "./enrich.ts";
import { isMailProxy } from "./user_agent_corrections.ts";
import { memoized } from "./memo.ts";

const NO_BOT: BotFacts = { is_bot: false, bot_reason: null };

/** Marks events that a machine sent by itself. */
export const botEnricher: Enricher<BotFacts> = {
  name: "bot",
  read: (input) => {
    const reason = botReason(input);
    return reason === null ? NO_BOT : { is_bot: true, bot_reason: reason };
  },
  nothing: NO_BOT,
};

function botReason({ row, context }: EnricherInput): string | null {
  const userAgent = context.userAgent?.trim() ?? "";
  if (isMailProxy(userAgent)) return null;
  const web = row.source === "web";
  const reason = brandReason(context.clientHints) ?? userAgentReason(userAgent, web);
  if (reason !== null || !web) return reason;
  if (userAgent === "") return "headers: no user agent";
  // Programs for reading mail fetch images with fewer headers than a browser does.
  return context.language || row.event_type === "email_opened"
    ? null
    : "headers: no accept-language";
}

function brandReason(hints: ClientHints | null): string | null {
  return hints ? automationReason(`${hints.brands ?? ""} ${hints.fullVersions ?? ""}`) : null;
}

function automationReason(text: string): string | null {
  const headless = HEADLESS.exec(text)?.[0];
  if (headless !== undefined) return `headless: ${headless}`;
  const tool = AUTOMATION.exec(text)?.[0];
  return tool === undefined ? null : `automation: ${tool}`;
}

function userAgentReason(userAgent: string, web: boolean): string | null {
  const reason = rememberedReason(userAgent);
  return reason !== "" && (web || DECLARED.test(userAgent)) ? reason : null;
}

// Measured: 4 µs to judge a user agent, 0.4 µs to remember the verdict.
const rememberedReason = memoized(2000, (userAgent) => {
  const reason = automationReason(userAgent);
  if (reason !== null) return reason;
  return isbot(userAgent) ? `user_agent: ${botName(userAgent)}` : "";
});

/** Words by which a bot was known that do not name it. */
const NAMELESS = /^(?:https?|www\..*|.*\.com)$/i;
const COMPATIBLE = /compatible; *([\w.-]{1,64})/;
const FIRST = /^([\w.-]{1,64})/;

/** The word of a user agent by which it was known, like `Googlebot`. */
function botName(userAgent: string): string {
  const at = Math.max(userAgent.indexOf(isbotMatch(userAgent) ?? ""), 0);
  const before = /[\w.-]*$/.exec(userAgent.slice(Math.max(at - 64, 0), at))?.[0] ?? "";
  const name = /^[\w.-]{1,64}/.exec(before + userAgent.slice(at))?.[0];
  if (name !== undefined && !NAMELESS.test(name)) return name;
  return (COMPATIBLE.exec(userAgent) ?? FIRST.exec(userAgent))?.[1] ?? "unnamed";
}
