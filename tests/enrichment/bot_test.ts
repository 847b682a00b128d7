import fc from "fast-check";
import { botEnricher } from "../../src/enrichment/bot.ts";
import { assert, assertEquals } from "../support/assert.ts";
import agents from "./fixtures/user_agents.json" with { type: "json" };
import { anyText, clientHints, visit } from "./user_agent_support.ts";

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) " +
  "Chrome/131.0.0.0 Safari/537.36";
const HEADLESS = CHROME.replace("Chrome/", "HeadlessChrome/");
const GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const GMAIL =
  "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";

function reason(...input: Parameters<typeof visit>): string | null {
  return botEnricher.read(visit(...input)).bot_reason;
}

Deno.test("over 220 real user agents are classified as bots or people", () => {
  for (const { user_agent, is_bot } of agents) {
    const facts = botEnricher.read(visit({ userAgent: user_agent }));
    assertEquals(facts.is_bot, is_bot, `${user_agent}: ${facts.bot_reason}`);
    assertEquals(facts.bot_reason !== null, is_bot);
  }
});

Deno.test("the reason names the bot", () => {
  const named = [
    [GOOGLEBOT, "user_agent: Googlebot"],
    ["curl/8.5.0", "user_agent: curl"],
    ["got (https://github.com/sindresorhus/got)", "user_agent: got"],
    ["Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/)", "user_agent: Yahoo"],
    [HEADLESS, "headless: HeadlessChrome"],
    [`${CHROME} Cypress/13.6.1`, "automation: Cypress"],
  ] as const;
  assertEquals(named.map(([userAgent]) => reason({ userAgent })), named.map(([, name]) => name));
});

Deno.test("a headless browser with a normal user agent is detected by its brands", () => {
  const brands = '"HeadlessChrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"';
  assertEquals(
    reason({ userAgent: CHROME, clientHints: clientHints({ brands }) }),
    "headless: HeadlessChrome",
  );
  assertEquals(
    reason({ userAgent: CHROME, clientHints: clientHints({ fullVersions: brands }) }),
    "headless: HeadlessChrome",
  );
});

Deno.test("7.16 an event on the web without the headers of a browser comes from a bot", () => {
  assertEquals(reason({ userAgent: CHROME }), null);
  assertEquals(reason({ userAgent: null }), "headers: no user agent");
  assertEquals(reason({ userAgent: " " }), "headers: no user agent");
  assertEquals(reason({ userAgent: CHROME, language: null }), "headers: no accept-language");
});

Deno.test("7.16 servers and apps without the headers of a browser are not bots", () => {
  for (const source of ["api", "mobile", "system", "webhook"] as const) {
    for (const userAgent of [null, CHROME, "node", "okhttp/4.12.0", "Sluice/1.0 CFNetwork/1474"]) {
      assertEquals(reason({ userAgent, language: null }, { source }), null);
    }
    assertEquals(reason({ userAgent: GOOGLEBOT }, { source }), "user_agent: Googlebot");
    assertEquals(reason({ userAgent: HEADLESS }, { source }), "headless: HeadlessChrome");
  }
});

Deno.test("an image proxy of a mail provider is not a bot", () => {
  assertEquals(reason({ userAgent: GMAIL, language: null }, { event_type: "email_opened" }), null);
});

Deno.test("a mail client that sends no languages is not a bot", () => {
  const opened = { event_type: "email_opened" };
  assertEquals(reason({ userAgent: CHROME, language: null }, opened), null);
  assertEquals(reason({ userAgent: null, language: null }, opened), "headers: no user agent");
});

Deno.test("arbitrary headers never throw", () => {
  const header = fc.option(anyText);
  fc.assert(fc.property(header, header, header, (userAgent, language, brands) => {
    const hints = clientHints({ brands, fullVersions: brands });
    const facts = botEnricher.read(visit({ userAgent, language, clientHints: hints }));
    assertEquals(facts.is_bot, facts.bot_reason !== null);
    assert(facts.bot_reason?.isWellFormed() ?? true);
  }));
});
