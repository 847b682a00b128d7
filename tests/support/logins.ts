/** Logins of the providers in `src/auth/README.md`, by their own libraries where these make tokens. */

import { encode } from "@auth/core/jwt";
import { createServerClient } from "@supabase/ssr";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { admin, jwt } from "better-auth/plugins";
import { type JWTPayload, SignJWT } from "jose";

/** A secret that the application shares with Sluice. */
export const LOGIN_SECRET = "a secret of the application, and of Sluice";

const HOUR = 3600;

/** A token of Auth.js v5, as its cookie holds it. */
export function authJsToken(name: string, token: Record<string, unknown>): Promise<string> {
  return encode({ token, secret: LOGIN_SECRET, salt: name });
}

/** A cookie in chunks, as Auth.js writes one that is too long. */
export function inChunks(name: string, value: string): string {
  const half = Math.ceil(value.length / 2);
  return `${name}.0=${value.slice(0, half)}; ${name}.1=${value.slice(half)}`;
}

/** The cookies that `@supabase/ssr` sets for an access token. */
export async function supabaseCookies(accessToken: string, sub: string): Promise<string> {
  const jar = new Map<string, string>();
  const client = createServerClient("https://abcdefgh.supabase.co", "anon", {
    auth: { autoRefreshToken: false },
    cookies: {
      getAll: () => [...jar].map(([name, value]) => ({ name, value })),
      setAll(cookies) {
        for (const { name, value } of cookies) jar.set(name, value);
      },
    },
    global: { fetch: () => Promise.resolve(Response.json({ id: sub, aud: "authenticated" })) },
  });
  const session = { access_token: accessToken, refresh_token: "r".repeat(2_000) };
  const { error } = await client.auth.setSession(session);
  if (error !== null) throw error;
  return [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
}

/** An application with Better Auth, in memory, and one user who has signed in. */
export interface BetterAuthSite {
  readonly fetch: (request: Request) => Promise<Response>;
  /** The cookies of the user. */
  readonly cookie: string;
  /** A token of the JWT plugin. */
  readonly token: string;
}

/** Signs up a user at an application with Better Auth. */
export async function openBetterAuth(id: string, role: string): Promise<BetterAuthSite> {
  const origin = "https://app.example.com";
  const auth = betterAuth({
    baseURL: origin,
    secret: LOGIN_SECRET,
    database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    // As in production, with the rule of src/auth/README.md.
    rateLimit: { enabled: true, customRules: { "/get-session": false } },
    user: { additionalFields: { creatorId: { type: "string", required: false, input: false } } },
    databaseHooks: {
      user: {
        create: {
          before: (user) => Promise.resolve({ data: { ...user, role, creatorId: "creator_1" } }),
        },
      },
    },
    advanced: {
      database: { generateId: ({ model }) => model === "user" ? id : crypto.randomUUID() },
    },
    plugins: [admin(), jwt()],
  });
  const call = (path: string, init: RequestInit = {}) =>
    auth.handler(new Request(`${origin}/api/auth${path}`, init));
  const signedUp = await call("/sign-up/email", {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ email: "zoe@example.com", password: "correct horse", name: "Zoë" }),
  });
  await signedUp.body?.cancel();
  const cookie = signedUp.headers.getSetCookie().map((text) => text.split(";")[0]).join("; ");
  const { token } = await (await call("/token", { headers: { cookie } })).json();
  return { fetch: (request) => auth.handler(request), cookie, token };
}

/** The claims of tokens in the form that a provider has published; the time claims are added. */
export const PUBLISHED = {
  clerk: {
    azp: "https://app.example.com",
    fva: [1, -1],
    iss: "https://clerk.example.com",
    metadata: { role: "CREATOR", creatorId: "creator_1" },
    sid: "sess_2abc",
    sts: "active",
    sub: "user_2abc",
    v: 2,
  },
  supabase: {
    aal: "aal1",
    app_metadata: { provider: "email", role: "CREATOR", creator_id: "creator_1" },
    aud: "authenticated",
    email: "zoe@example.com",
    is_anonymous: false,
    iss: "https://abcdefgh.supabase.co/auth/v1",
    role: "authenticated",
    session_id: "4b938a09-5372-4177-a314-cfa292099ea2",
    sub: "00000000-0000-4000-8000-000000000001",
    user_metadata: { role: "ADMIN" },
  },
  auth0: {
    "https://example.com/roles": ["editor", "ADMIN"],
    "https://example.com/creator_id": "creator_1",
    iss: "https://example.eu.auth0.com/",
    sub: "auth0|5f7c8ec7c33c6c004bbafe82",
    aud: ["https://api.example.com", "https://example.eu.auth0.com/userinfo"],
    azp: "my_client_id",
    scope: "openid profile email",
  },
  firebaseId: {
    role: "CREATOR",
    creatorId: "creator_1",
    iss: "https://securetoken.google.com/my-project",
    aud: "my-project",
    auth_time: 1700000000,
    user_id: "fZ9k2QwXYZ",
    sub: "fZ9k2QwXYZ",
    firebase: { identities: {}, sign_in_provider: "password" },
  },
  firebaseSession: {
    role: "CREATOR",
    creatorId: "creator_1",
    iss: "https://session.firebase.google.com/my-project",
    aud: "my-project",
    auth_time: 1700000000,
    user_id: "fZ9k2QwXYZ",
    sub: "fZ9k2QwXYZ",
    firebase: { identities: {}, sign_in_provider: "password" },
  },
  keycloak: {
    iss: "https://id.example.com/realms/shop",
    aud: "account",
    sub: "f1f2f3f4-0000-4000-8000-000000000001",
    typ: "Bearer",
    azp: "shop-web",
    realm_access: { roles: ["offline_access", "default-roles-shop", "CREATOR"] },
    resource_access: { account: { roles: ["manage-account"] }, "shop-web": { roles: ["ADMIN"] } },
    creator_id: "creator_1",
    scope: "openid profile email",
  },
  cognitoAccess: {
    sub: "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
    "cognito:groups": ["eu-central-1_AbCdEf123_Google", "ADMIN"],
    iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123",
    client_id: "1example23456789",
    token_use: "access",
    scope: "openid",
    username: "zoe",
  },
  cognitoId: {
    sub: "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
    "cognito:groups": ["CREATOR"],
    "cognito:username": "zoe",
    "custom:creator_id": "creator_1",
    iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123",
    aud: "1example23456789",
    token_use: "id",
  },
} as const satisfies Readonly<Record<string, JWTPayload>>;

/** Signs published claims, valid from now for an hour. */
export async function signClaims(
  claims: JWTPayload,
  alg: string,
  key: CryptoKey | Uint8Array,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return await new SignJWT({ ...claims, iat: now, exp: now + HOUR })
    .setProtectedHeader({ alg, kid: alg, typ: "JWT" }).sign(key);
}
