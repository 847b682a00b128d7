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
  assertLess(performance.now() - startedAt, 1000);
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
