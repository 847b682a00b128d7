/** Finds settings of logins that nothing uses: who wrote them expects a check that does not happen. */

import type { AuthConfig } from "../config.ts";

const FOR_CHECKS =
  "AUTH_JWT_SECRET or AUTH_JWKS_URL: encrypted cookies and sessions are not compared with it";
const FOR_CLAIMS =
  "AUTH_JWT_SECRET, AUTH_JWKS_URL, AUTH_SECRET or AUTH_SESSION_URL: all callers are anonymous";

/** A sentence for each kind of settings without effect. */
export function describeIdleSettings(auth: AuthConfig): readonly string[] {
  const verifies = auth.secret !== null || auth.jwksUrl !== null;
  const checks = verifies ? [] : namesOf({
    AUTH_ISSUER: auth.issuer,
    AUTH_AUDIENCE: auth.audience,
  });
  const { user, role, creator, brand } = auth.claims;
  const identifies = verifies || auth.secrets.length > 0 || auth.sessionUrl !== null;
  const claims = identifies ? [] : namesOf({
    AUTH_CLAIM_USER: user,
    AUTH_CLAIM_ROLE: role,
    AUTH_CLAIM_CREATOR: creator,
    AUTH_CLAIM_BRAND: brand,
  });
  return [...describe(checks, FOR_CHECKS), ...describe(claims, FOR_CLAIMS)];
}

function namesOf(values: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(values).filter((name) => values[name] !== null);
}

function describe(names: readonly string[], missing: string): string[] {
  if (names.length === 0) return [];
  return [
    `${names.join(" and ")} ${names.length === 1 ? "has" : "have"} no effect without ${missing}`,
  ];
}
