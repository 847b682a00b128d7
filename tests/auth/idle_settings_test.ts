/** Settings of logins that nothing uses. */

import { describeIdleSettings } from "../../src/auth/idle_settings.ts";
import { type Environment, loadConfig } from "../../src/config.ts";
import { openService } from "../../src/service.ts";
import { assertEquals } from "../support/assert.ts";
import { captureLogs } from "../support/logs.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const CHECKS = "without AUTH_JWT_SECRET or AUTH_JWKS_URL: encrypted cookies and sessions are not " +
  "compared with it";

const cases: readonly (readonly [Environment, readonly string[]])[] = [
  [{}, []],
  [{ AUTH_JWT_SECRET: SECRET, AUTH_ISSUER: "i", AUTH_AUDIENCE: "a", AUTH_CLAIM_ROLE: "r" }, []],
  [{ AUTH_JWKS_URL: "https://id.example.com/jwks", AUTH_AUDIENCE: "a" }, []],
  [{ AUTH_SECRET: SECRET, AUTH_CLAIM_ROLE: "r" }, []],
  [{ AUTH_SECRET: SECRET, AUTH_AUDIENCE: "a" }, [`AUTH_AUDIENCE has no effect ${CHECKS}`]],
  [
    { AUTH_SESSION_URL: "https://a.b/s", AUTH_ISSUER: "i", AUTH_AUDIENCE: "a" },
    [`AUTH_ISSUER and AUTH_AUDIENCE have no effect ${CHECKS}`],
  ],
  [
    { AUTH_CLAIM_USER: "id", AUTH_CLAIM_BRAND: "b" },
    [
      "AUTH_CLAIM_USER and AUTH_CLAIM_BRAND have no effect without AUTH_JWT_SECRET, " +
      "AUTH_JWKS_URL, AUTH_SECRET or AUTH_SESSION_URL: all callers are anonymous",
    ],
  ],
];

for (const [environment, sentences] of cases) {
  Deno.test(`12.1 what has no effect in ${Object.keys(environment).join(", ") || "no settings"}`, () => {
    assertEquals(describeIdleSettings(loadConfig(environment).auth), sentences);
  });
}

Deno.test("12.1 the service warns of settings that have no effect when it starts", async () => {
  await using logs = await captureLogs();
  const config = loadConfig({
    AUTH_SECRET: SECRET,
    AUTH_AUDIENCE: "a",
    KV_PATH: ":memory:",
    DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
  });
  await using _ = await openService(config);
  const sentences = logs.of("warning").map(({ properties }) => properties["sentence"]);
  assertEquals(sentences, [`AUTH_AUDIENCE has no effect ${CHECKS}`]);
});
