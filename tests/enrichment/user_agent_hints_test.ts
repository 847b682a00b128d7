import type { ClientHints } from "../../src/events/types.ts";
import { userAgentEnricher } from "../../src/enrichment/user_agent.ts";
import { parseHints } from "../../src/enrichment/user_agent_hints.ts";
import { assertEquals } from "../support/assert.ts";
import { clientHints, visit } from "./user_agent_support.ts";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";
const WINDOWS =
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36`;
const MAC =
  `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36`;
const PHONE = `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36`;
const TABLET = `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36`;
const CHROME = '"Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"';

function readFacts(userAgent: string | null, hints: Partial<ClientHints>): (string | null)[] {
  const facts = userAgentEnricher.read(visit({ userAgent, clientHints: clientHints(hints) }));
  return [facts.browser, facts.browser_version, facts.os, facts.os_version, facts.device_type];
}

Deno.test("a platform version of 13 or more is Windows 11", () => {
  const version = (platformVersion: string | null) =>
    readFacts(WINDOWS, { platform: '"Windows"', platformVersion })[3];
  assertEquals(
    ['"15.0.0"', '"13.0.0"', '"10.0.0"', '"1.0.0"', '"0.1.0"', '"0.3.0"', null].map(version),
    ["11", "11", "10", "10", "7", "8.1", "10"],
  );
});

Deno.test("platforms and their versions come from the hints", () => {
  assertEquals(
    readFacts(MAC, { platform: '"macOS"', platformVersion: '"14.5.0"', mobile: "?0" }),
    ["Chrome", "131.0.0.0", "macOS", "14.5", "desktop"],
  );
  assertEquals(
    readFacts(null, { brands: CHROME, platform: '"Chrome OS"', mobile: "?0" }),
    ["Chrome", "131", "Chrome OS", null, "desktop"],
  );
});

Deno.test("the full version of the same brand wins", () => {
  const fullVersions = '"Google Chrome";v="131.0.6778.86", "Chromium";v="131.0.6778.86"';
  assertEquals(readFacts(WINDOWS, { brands: CHROME, fullVersions })[1], "131.0.6778.86");
});

Deno.test("a specific brand wins over Chromium and over the user agent", () => {
  const browser = (brands: string) => readFacts(WINDOWS, { brands }).slice(0, 2);
  assertEquals(browser(CHROME), ["Chrome", "131.0.0.0"]);
  assertEquals(browser('"Brave";v="131", "Chromium";v="131", "Not_A Brand";v="24"'), [
    "Brave",
    "131",
  ]);
  assertEquals(browser('"Chromium";v="131", "Microsoft Edge";v="130"'), ["Edge", "130"]);
  assertEquals(browser('"Chromium";v="131"'), ["Chromium", "131"]);
});

Deno.test("the app around a web view wins over the brand of the web view", () => {
  const agent = `Mozilla/5.0 (Linux; Android 13; SM-G991B; wv) ${WEBKIT} Version/4.0 ` +
    "Chrome/121.0.6167.178 Mobile Safari/537.36 Instagram 320.0.0.42.101 Android";
  const brands = '"Not A(Brand";v="99", "Android WebView";v="121", "Chromium";v="121"';
  assertEquals(readFacts(agent, { brands, platform: '"Android"', mobile: "?1" })[0], "Instagram");
});

Deno.test("model and mobile distinguish phones, tablets and televisions", () => {
  const android = { brands: CHROME, platform: '"Android"', platformVersion: '"14.0.0"' };
  const device = (userAgent: string, hints: Partial<ClientHints>) =>
    readFacts(userAgent, { ...android, ...hints }).slice(2);
  assertEquals(device(PHONE, { mobile: "?1", model: '"Pixel 8"' }), ["Android", "14", "mobile"]);
  assertEquals(device(TABLET, { mobile: "?0", model: '"SM-X906C"' }), ["Android", "14", "tablet"]);
  assertEquals(device(TABLET, { mobile: "?0", model: '""' }), ["Android", "14", "tablet"]);
  assertEquals(device(TABLET, { mobile: "?0", model: '"BRAVIA 4K UR2"' }), [
    "Android",
    "14",
    "smarttv",
  ]);
});

Deno.test("a television with the platform Linux keeps the system of its user agent", () => {
  const agent = `Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) ${WEBKIT} SamsungBrowser/5.0 TV`;
  assertEquals(readFacts(agent, { platform: '"Linux"', mobile: "?0" }).slice(2), [
    "Tizen",
    "7.0",
    "smarttv",
  ]);
});

Deno.test("GREASE brands of any spelling are skipped", () => {
  const spellings = [
    "Not;A=Brand",
    " Not A;Brand",
    "(Not(A:Brand",
    "Not/A)Brand",
    "Not_A Brand",
    ";Not A Brand",
    "Not?A_Brand",
    "Not.A/Brand",
    "Not-A.Brand",
  ];
  for (const spelling of spellings) {
    const { brands } = parseHints(
      clientHints({ brands: `"${spelling}";v="99", "Opera";v="115"` }),
    );
    assertEquals(brands, [{ name: "Opera", version: "115" }], spelling);
  }
});

Deno.test("commas and escaped quotes within quotes belong to the name", () => {
  const { brands } = parseHints(
    clientHints({ brands: '"A, B";v="1", "Not\\"A;Brand";v="2","C","D";v="4"' }),
  );
  assertEquals(brands, [{ name: "A, B", version: "1" }, { name: "D", version: "4" }]);
});

Deno.test("invalid hints change nothing", () => {
  const junk = { brands: '"', platform: "Windows 3.11\u0000", mobile: "yes", model: "\ud800" };
  const unchanged = ["Chrome", "131.0.0.0", "Windows", "10", "desktop"];
  assertEquals(readFacts(WINDOWS, junk), unchanged);
  assertEquals(readFacts(WINDOWS, { platform: '"constructor"' }), unchanged);
  assertEquals(readFacts(WINDOWS, { fullVersions: '"__proto__";v="x", "' })[1], "131.0.0.0");
});
