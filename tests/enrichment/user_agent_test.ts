import { assertEquals, assertLess } from "../support/assert.ts";
import { parseUserAgent } from "../../src/enrichment/user_agent.ts";

type Facts = readonly [
  browser: string | null,
  version: string | null,
  os: string | null,
  osVersion: string | null,
  device: string | null,
];

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";
const SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4";

const agents: Readonly<Record<string, readonly [userAgent: string, facts: Facts]>> = {
  "Chrome on Windows": [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36`,
    ["Chrome", "131.0.0.0", "Windows", "10", "desktop"],
  ],
  "Edge on Windows": [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`,
    ["Edge", "131.0.0.0", "Windows", "10", "desktop"],
  ],
  "Firefox on a Mac": [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0",
    ["Firefox", "133.0", "Mac OS", "10.15", "desktop"],
  ],
  "Safari on an iPhone": [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) ${SAFARI} Mobile/15E148 Safari/604.1`,
    ["Mobile Safari", "17.4", "iOS", "17.4", "mobile"],
  ],
  "Safari on an iPad": [
    `Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) ${SAFARI} Mobile/15E148 Safari/604.1`,
    ["Mobile Safari", "17.4", "iOS", "17.4", "tablet"],
  ],
  "Chrome on an Android phone": [
    `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36`,
    ["Chrome", "131.0.0.0", "Android", "14", "mobile"],
  ],
  "a television": [
    `Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) ${WEBKIT} 76.0.3809.146/6.0 TV Safari/537.36`,
    ["Safari", null, "Tizen", "6.0", "smarttv"],
  ],
  "a program": ["curl/8.5.0", [null, null, null, null, null]],
  "nonsense": ["\u0000)(*&^%$ ⚡ </script>", [null, null, null, null, null]],
};

for (const [name, [userAgent, facts]] of Object.entries(agents)) {
  Deno.test(`the user agent of ${name} tells ${facts[0] ?? "nothing"}`, () => {
    const [browser, browser_version, os, os_version, device_type] = facts;
    assertEquals(parseUserAgent(userAgent), {
      browser,
      browser_version,
      os,
      os_version,
      device_type,
    });
  });
}

Deno.test("no user agent tells nothing, least of all the one of this process", () => {
  const nothing = {
    browser: null,
    browser_version: null,
    os: null,
    os_version: null,
    device_type: null,
  };
  assertEquals(parseUserAgent(null), nothing);
  assertEquals(parseUserAgent(""), nothing);
});

Deno.test("no user agent that a request can bring makes the parser slow", () => {
  const parts = ["Mozilla/5.0 (", "Version/", " Safari ", "Android ", "1.", ";", "a", " "];
  const startedAt = performance.now();
  for (const part of parts) parseUserAgent(part.repeat(512).slice(0, 512));
  assertLess(performance.now() - startedAt, 1000);
});
