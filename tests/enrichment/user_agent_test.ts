import fc from "fast-check";
import type { UserAgentFacts } from "../../src/events/enrichment.ts";
import { userAgentEnricher } from "../../src/enrichment/user_agent.ts";
import { assert, assertEquals, assertGreater, assertLess } from "../support/assert.ts";
import agents from "./fixtures/user_agents.json" with { type: "json" };
import { anyText, clientHints, visit } from "./user_agent_support.ts";

const { read, fallback } = userAgentEnricher;

function facts(userAgent: string | null): UserAgentFacts {
  return read(visit({ userAgent }));
}

Deno.test("over 220 real user agents are recognized", () => {
  assertGreater(new Set(agents.map(({ user_agent }) => user_agent)).size, 220);
  for (const { user_agent, browser, os, device_type } of agents) {
    const actual = facts(user_agent);
    assertEquals(
      { browser: actual.browser, os: actual.os, device_type: actual.device_type },
      { browser, os, device_type },
      user_agent,
    );
  }
});

Deno.test("versions are found with the names", () => {
  const SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
  const agents = [
    ["Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "133.0", null],
    [`Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) ${SAFARI}`, "17.4", "17.4"],
    [
      "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.6.0",
      "115.6.0",
      null,
    ],
  ] as const;
  assertEquals(
    agents.map(([userAgent]) => [facts(userAgent).browser_version, facts(userAgent).os_version]),
    agents.map(([, browserVersion, osVersion]) => [browserVersion, osVersion]),
  );
});

Deno.test("a reduced Android user agent has no version of Android", () => {
  const agent = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) " +
    "Chrome/131.0.0.0 Mobile Safari/537.36";
  assertEquals(facts(agent).os_version, null);
});

Deno.test("7.21 where iOS is frozen at 18, its version is that of Safari or what the app adds", () => {
  const WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
  const agents = [
    ["iPhone; CPU iPhone OS 18_6", "Version/26.0 Mobile/15E148 Safari/604.1", "26.0"],
    ["iPhone; CPU iPhone OS 18_7", "Version/26.3.1 Mobile/15E148 Safari/604.1", "26.3.1"],
    ["iPhone; CPU iPhone OS 18_7", "Version/27.0 Mobile/15E148 Safari/604.1", "27.0"],
    ["iPad; CPU OS 18_6", "Version/26.1 Mobile/15E148 Safari/604.1", "26.1"],
    [
      "iPhone; CPU iPhone OS 18_6_2",
      "Version/26.0 EdgiOS/141.0 Mobile/15E148 Safari/604.1",
      "26.0",
    ],
    ["iPhone; CPU iPhone OS 18_5", "Version/18.5 Mobile/15E148 Safari/604.1", "18.5"],
    ["iPhone; CPU iPhone OS 17_4", "Version/17.4 Mobile/15E148 Safari/604.1", "17.4"],
    ["iPhone; CPU iPhone OS 26_0_1", "CriOS/141.0.7390.41 Mobile/15E148 Safari/604.1", "26.0.1"],
    [
      "iPhone; CPU iPhone OS 18_6",
      "Mobile/23A341 Instagram 400.0.0.32.92 (iPhone17,1; iOS 26_0; en_US; en; scale=3.00)",
      "26.0",
    ],
    [
      "iPhone; CPU iPhone OS 18_6",
      "Mobile/23A341 [FBAN/FBIOS;FBAV/530.0;FBSV/26.0.1;FBSS/3]",
      "26.0.1",
    ],
    ["iPhone; CPU iPhone OS 18_6", "Mobile/15E148", "18.6"], // it may be that, and nothing says otherwise
  ] as const;
  for (const [device, rest, version] of agents) {
    const agent = `Mozilla/5.0 (${device} like Mac OS X) ${WEBKIT} ${rest}`;
    assertEquals([facts(agent).os, facts(agent).os_version], ["iOS", version], agent);
  }
});

Deno.test("7.21 the version of macOS that all browsers send is no version", () => {
  const agents = [
    "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "(Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0",
  ];
  for (const agent of agents) {
    const { os, os_version } = facts(`Mozilla/5.0 ${agent}`);
    assertEquals([os, os_version], ["macOS", null], agent);
  }
  const old = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_6) AppleWebKit/605.1.15 " +
    "(KHTML, like Gecko) Version/13.1.2 Safari/605.1.15";
  assertEquals(facts(old).os_version, "10.13.6");
});

Deno.test("TikTok is recognized in every form, other apps of its maker are not", () => {
  const IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 " +
    "(KHTML, like Gecko) Mobile/15E148";
  const ANDROID = "Mozilla/5.0 (Linux; Android 14; SM-S911B; wv) AppleWebKit/537.36 " +
    "(KHTML, like Gecko) Version/4.0 Chrome/131.0.6778.135 Mobile Safari/537.36";
  const agents = [
    [`${IOS} musical_ly_41.3.0 BytedanceWebview/d8a21c6`, "TikTok", "41.3.0"],
    [`${IOS} BytedanceWebview/d8a21c6`, "TikTok", null],
    [`${IOS} TikTok/31.3.0`, "TikTok", "31.3.0"],
    [`${ANDROID} musical_ly_2024001040 BytedanceWebview/d8a21c6`, "TikTok", null],
    [`${ANDROID} trill_2024001040 AppName/trill app_version/40.1.4`, "TikTok", "40.1.4"],
    [`${ANDROID} BytedanceWebview/d8a21c6`, "TikTok", null],
    [`${ANDROID} AppName/lemon8 app_version/5.1 BytedanceWebview/d8a21c6`, "Chrome WebView", null],
    ["TikTok 26.1.3 rv:261303 (iPhone; iOS 14.4.2; sv_SE) Cronet", "TikTok", "26.1.3"],
    ["com.zhiliaoapp.musically/2023105030 (Linux; U; Android 13; en_US; Cronet)", "TikTok", null],
  ] as const;
  for (const [agent, browser, version] of agents) {
    const found = facts(agent);
    assertEquals(found.browser, browser, agent);
    if (browser === "TikTok") assertEquals(found.browser_version, version, agent);
    assertEquals(found.device_type, "mobile", agent);
  }
});

Deno.test("Atlas, the browser of ChatGPT, is recognized by its brand and its user agent", () => {
  const agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 " +
    "(KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
  for (const name of ["Atlas", "ChatGPT Atlas", "ChatGPTAtlas", "OpenAI Atlas"]) {
    const { browser, browser_version, device_type } = facts(`${agent} ${name}/1.2025.288.15`);
    assertEquals([browser, browser_version, device_type], [
      "ChatGPT Atlas",
      "1.2025.288.15",
      "desktop",
    ], name);
  }
  for (const brand of ["ChatGPT Atlas", "OpenAI Atlas", "Atlas"]) {
    const brands = `"Chromium";v="141", "${brand}";v="141", "Not?A_Brand";v="8"`;
    const hinted = read(visit({ userAgent: agent, clientHints: clientHints({ brands }) }));
    assertEquals([hinted.browser, hinted.browser_version], ["ChatGPT Atlas", "141"], brand);
  }
  assertEquals(facts(agent).browser, "Chrome");
});

Deno.test("an empty user agent has no facts, above all not those of this process", () => {
  assertEquals([facts(null), facts(""), facts(" ")], [fallback, fallback, fallback]);
  assertEquals(facts("\u0000)(*&^%$ ⚡ </script>"), fallback);
});

Deno.test("a cached result equals the first one", () => {
  for (const { user_agent } of agents) assertEquals(facts(user_agent), facts(user_agent));
});

Deno.test("no user agent of the accepted length makes the parser slow", () => {
  const parts = [
    "Mozilla/5.0 (",
    "Version/",
    " Safari ",
    "Android ",
    "1.",
    ";",
    "a",
    " ",
    '"',
    "\\",
  ];
  const startedAt = performance.now();
  for (const part of parts) {
    const text = part.repeat(512).slice(0, 512);
    read(visit({ userAgent: text, clientHints: clientHints({ brands: text, platform: text }) }));
  }
  assertLess(performance.now() - startedAt, 10_000);
});

Deno.test("arbitrary headers never throw, and facts are plain text", () => {
  const part = fc.constantFrom(
    ...'Chrome/ Mozilla/5.0 ( ) Android; " \\ ;v= , ?1 constructor __proto__ \u0000 \ud800'.split(
      " ",
    ),
  );
  const text = fc.oneof(
    anyText,
    fc.array(part, { maxLength: 20 }).map((parts) => parts.join("")),
  );
  const header = fc.option(text);
  const hints = fc.record({
    brands: header,
    fullVersions: header,
    platform: header,
    platformVersion: header,
    mobile: header,
    model: header,
  });
  fc.assert(fc.property(header, fc.option(hints), (userAgent, clientHints) => {
    for (const value of Object.values(read(visit({ userAgent, clientHints })))) {
      assert(value === null || (typeof value === "string" && value.isWellFormed()));
      assert(!value?.includes("\u0000"));
    }
  }));
});
