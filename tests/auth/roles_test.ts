/** Claims at other places, lists of roles, and who is an admin. */

import { decodeJwt, type JWTPayload, SignJWT } from "jose";
import { mintToken } from "../../src/auth/token.ts";
import { type Environment, loadConfig } from "../../src/config.ts";
import { assertEquals } from "../support/assert.ts";
import { openIdentify } from "../support/identify.ts";

const SECRET = "0123456789abcdef0123456789abcdef";

async function identify(environment: Environment, payload: JWTPayload) {
  const { auth } = loadConfig({ AUTH_JWT_SECRET: SECRET, ...environment });
  const token = await new SignJWT(payload).setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(SECRET));
  return await openIdentify(auth).all(token);
}

async function roleOf(environment: Environment, payload: JWTPayload) {
  const result = await identify(environment, { sub: "u", ...payload });
  return result.kind === "identified" ? [result.identity.role, result.isAdmin] : result;
}

Deno.test("6.11 every claim may be elsewhere", async () => {
  const elsewhere = {
    AUTH_CLAIM_USER: '["https://example.com/id"]',
    AUTH_CLAIM_ROLE: "app_metadata.role",
    AUTH_CLAIM_CREATOR: "app_metadata.profiles[0].id",
    AUTH_CLAIM_BRAND: "app_metadata.brand_id,brand",
  };
  const payload = {
    sub: "another",
    role: "authenticated",
    brandId: "another",
    "https://example.com/id": 7,
    app_metadata: { role: "CREATOR", profiles: [{ id: "creator_1" }] },
    brand: "brand_1",
  };
  assertEquals(await identify(elsewhere, payload), {
    kind: "identified",
    identity: { userId: "7", role: "CREATOR", creatorId: "creator_1", brandId: "brand_1" },
    isAdmin: false,
  });
});

Deno.test("6.11 a token without the user's claim is refused, and the reason names the claim", async () => {
  const result = await identify({ AUTH_CLAIM_USER: "uid,user.id" }, { sub: "u", user: { id: [] } });
  assertEquals(result.kind === "refused" && [result.reason, result.message.slice(0, 42)], [
    "subject",
    "its claim uid,user.id is an array, must be",
  ]);
});

const lists: readonly (readonly [roles: unknown, role: string | null, isAdmin: boolean])[] = [
  ["ADMIN", "ADMIN", true],
  ["admin", "admin", false],
  ["owner", "owner", true],
  [["CREATOR"], "CREATOR", false],
  [["CREATOR", "ADMIN"], "ADMIN", true],
  [["offline_access", "default-roles-acme", "BRAND"], "BRAND", false],
  [["offline_access", "creator"], "creator", false],
  [["editor", "author"], "editor", false],
  [["", null, {}, "CREATOR"], "CREATOR", false],
  [[["ADMIN"]], null, false],
  [[], null, false],
  [{ ADMIN: true }, null, false],
  ["user,owner", "owner", true],
  ["user, CREATOR", "CREATOR", false],
  ["editor,author", "editor,author", false],
  [["0,00", "user,owner"], "owner", true],
  [true, null, false],
];

for (const [roles, role, isAdmin] of lists) {
  Deno.test(`6.11 the role ${JSON.stringify(roles)} means ${role}`, async () => {
    const admins = { AUTH_ADMIN_ROLES: "ADMIN, owner" };
    assertEquals(await roleOf(admins, { role: roles }), [role, isAdmin]);
  });
}

Deno.test("6.11 a role that no admin has is one that AUTH_ADMIN_ROLES does not list", async () => {
  assertEquals(await roleOf({ AUTH_ADMIN_ROLES: "owner" }, { role: "ADMIN" }), ["ADMIN", false]);
});

Deno.test("6.11 the roles of all paths count together", async () => {
  const both = { AUTH_CLAIM_ROLE: 'realm_access.roles,resource_access["my-app"].roles' };
  const payload = {
    realm_access: { roles: ["offline_access", "CREATOR"] },
    resource_access: { "my-app": { roles: ["ADMIN"] } },
  };
  assertEquals(await roleOf(both, payload), ["ADMIN", true]);
});

Deno.test("6.11 a minted token has its claims where the settings say", async () => {
  const { auth } = loadConfig({
    AUTH_JWT_SECRET: SECRET,
    AUTH_CLAIM_USER: "uid,sub",
    AUTH_CLAIM_ROLE: 'app_metadata["https://example.com/role"]',
    AUTH_CLAIM_CREATOR: "profiles[0].id",
    AUTH_CLAIM_BRAND: "app_metadata.brand",
  });
  const minted = { sub: "u", role: "ADMIN", creatorId: "c", brandId: "b", expiresInSeconds: 60 };
  const token = await mintToken(SECRET, { ...minted, claims: auth.claims }, Date.now());
  const { iat: _, exp: __, ...payload } = decodeJwt(token);
  assertEquals<unknown>(payload, {
    uid: "u",
    app_metadata: { "https://example.com/role": "ADMIN", brand: "b" },
    profiles: [{ id: "c" }],
  });
  assertEquals<unknown>(await openIdentify(auth).all(token), {
    kind: "identified",
    identity: { userId: "u", role: "ADMIN", creatorId: "c", brandId: "b" },
    isAdmin: true,
  });
});
