/**
 * Each login of src/auth/README.md, with the settings that it prescribes: what the rows of its events say.
 * The table in that file is what this test expects.
 */

import { exportJWK, generateKeyPair } from "jose";
import { openTestApp, type TestApp } from "../support/app.ts";
import { assert, assertEquals } from "../support/assert.ts";
import {
  authJsToken,
  inChunks,
  LOGIN_SECRET,
  openBetterAuth,
  PUBLISHED,
  signClaims,
  supabaseCookies,
} from "../support/logins.ts";
import { OF_NEXT_AUTH, SECRET_OF_NEXT_AUTH } from "../support/next_auth.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { startSessionEndpoint } from "../support/session_endpoint.ts";
import { readFile } from "../docs/files.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const betterAuth = await openBetterAuth("u_6", "admin");
const user = { id: "u_1", name: "Zoë", role: "CREATOR", creatorId: "creator_1" };
const authJs = { sub: "u_1", name: "Zoë", role: "CREATOR", creatorId: "creator_1" };
const keys = new Map(
  await Promise.all(
    ["RS256", "PS256", "ES256", "EdDSA"].map(async (alg) =>
      [alg, await generateKeyPair(alg, { extractable: true })] as const
    ),
  ),
);
/** As identity providers publish keys: with one for encryption among them. */
const jwks = await Promise.all(
  [...keys].flatMap(([alg, { publicKey }]) =>
    [{ alg, kid: alg, use: "sig" }, { alg: "RSA-OAEP", kid: `${alg}-enc`, use: "enc" }]
      .map(async (names) => ({ ...await exportJWK(publicKey), ...names }))
  ),
);

function sign(claims: Parameters<typeof signClaims>[0], alg: string): Promise<string> {
  const key = keys.get(alg)?.privateKey;
  return signClaims(claims, alg, key ?? new TextEncoder().encode(LOGIN_SECRET));
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** A row of the table: what identifies it, and how to send an event as such a user. */
interface Login {
  readonly name: string;
  /** Which of the settings below the heading of this name apply, if there are several. */
  readonly block?: number;
  readonly algorithm: string;
  readonly sentAs: string;
  readonly secret?: string;
  readonly headers: () => HeadersInit | Promise<HeadersInit>;
  /** What the endpoint of the login says; by default it serves keys. */
  readonly session?: (request: Request) => Response | Promise<Response>;
}

const V5 = "authjs.session-token";

const logins: readonly Login[] = [
  {
    name: "Auth.js",
    algorithm: "A256CBC-HS512",
    sentAs: `cookie \`__Secure-${V5}\``,
    headers: async () => ({
      cookie: `__Secure-${V5}=${await authJsToken(`__Secure-${V5}`, authJs)}`,
    }),
  },
  {
    name: "Auth.js",
    algorithm: "A256CBC-HS512",
    sentAs: `cookies \`${V5}.0\`, \`.1\``,
    headers: async () => ({
      cookie: inChunks(V5, await authJsToken(V5, { ...authJs, role: "ADMIN" })),
    }),
  },
  {
    name: "Auth.js",
    block: 1,
    algorithm: "asked",
    sentAs: `cookie \`${V5}\``,
    session: () => Response.json({ user, expires: "2099-01-01T00:00:00.000Z" }),
    headers: () => ({ cookie: `${V5}=4b938a09-5372-4177-a314-cfa292099ea2` }),
  },
  {
    name: "NextAuth v4",
    algorithm: "A256GCM",
    sentAs: "cookie `next-auth.session-token`",
    secret: SECRET_OF_NEXT_AUTH,
    headers: () => ({ cookie: `next-auth.session-token=${OF_NEXT_AUTH}` }),
  },
  {
    name: "Better Auth",
    algorithm: "asked",
    sentAs: "cookie `__Secure-better-auth.session_token`",
    session: betterAuth.fetch,
    headers: () => ({ cookie: betterAuth.cookie }),
  },
  {
    name: "Better Auth",
    block: 1,
    algorithm: "EdDSA",
    sentAs: "bearer",
    session: betterAuth.fetch,
    headers: () => bearer(betterAuth.token),
  },
  {
    name: "Clerk",
    algorithm: "RS256",
    sentAs: "cookie `__session`",
    headers: async () => ({ cookie: `__session=${await sign(PUBLISHED.clerk, "RS256")}` }),
  },
  {
    name: "Clerk",
    algorithm: "RS256",
    sentAs: "cookie `__session_Ab12`",
    headers: async () => ({ cookie: `__session_Ab12=${await sign(PUBLISHED.clerk, "RS256")}` }),
  },
  {
    name: "Supabase",
    algorithm: "ES256",
    sentAs: "cookies `sb-…-auth-token.0`, `.1`",
    headers: async () => {
      const { sub } = PUBLISHED.supabase;
      return { cookie: await supabaseCookies(await sign(PUBLISHED.supabase, "ES256"), sub) };
    },
  },
  {
    name: "Supabase",
    block: 1,
    algorithm: "HS256",
    sentAs: "bearer",
    headers: async () => bearer(await sign(PUBLISHED.supabase, "HS256")),
  },
  {
    name: "Auth0",
    algorithm: "RS256",
    sentAs: "bearer",
    headers: async () => bearer(await sign(PUBLISHED.auth0, "RS256")),
  },
  {
    name: "Auth0",
    algorithm: "PS256",
    sentAs: "bearer",
    headers: async () => bearer(await sign(PUBLISHED.auth0, "PS256")),
  },
  {
    name: "Firebase",
    algorithm: "RS256",
    sentAs: "bearer",
    headers: async () => bearer(await sign(PUBLISHED.firebaseId, "RS256")),
  },
  {
    name: "Firebase",
    block: 1,
    algorithm: "RS256",
    sentAs: "cookie `__session`",
    headers: async () => ({
      cookie: `__session=${await sign(PUBLISHED.firebaseSession, "RS256")}`,
    }),
  },
  {
    name: "Keycloak",
    algorithm: "RS256",
    sentAs: "bearer",
    headers: async () => bearer(await sign(PUBLISHED.keycloak, "RS256")),
  },
  {
    name: "Keycloak",
    algorithm: "ES256",
    sentAs: "bearer",
    headers: async () =>
      bearer(await sign({ ...PUBLISHED.keycloak, resource_access: {} }, "ES256")),
  },
  {
    name: "Cognito",
    algorithm: "RS256",
    sentAs: "bearer (access token)",
    headers: async () => bearer(await sign(PUBLISHED.cognitoAccess, "RS256")),
  },
  {
    name: "Cognito",
    algorithm: "RS256",
    sentAs: "bearer (ID token)",
    headers: async () => bearer(await sign(PUBLISHED.cognitoId, "RS256")),
  },
];

const page = await readFile("src/auth/README.md");
const documented = page.split("\n").filter((line) => line.startsWith("| ") && line.includes(" | "))
  .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map(unescape));
const table = documented.slice(documented.findIndex(([first]) => first === "Login") + 2);

function unescape(cell: string): string {
  return cell.trim().replaceAll("\\|", "|");
}

/** The settings in a block of the page, below the heading of a login. */
function settingsOf(name: string, block: number): Record<string, string> {
  const section = page.split(`\n### ${name}\n`)[1]?.split("\n### ")[0] ?? "";
  const text = [...section.matchAll(/^```sh\n([^]*?)^```$/gm)][block]?.[1] ?? "";
  const lines = [...text.matchAll(/^([A-Z_0-9]+)=(.*)$/gm)];
  assert(lines.length > 1, `no settings for ${name}: ${text}`);
  return Object.fromEntries(
    lines.map(([, key = "", value = ""]) => [key, value.replace(/^'(.*)'$/, "$1")]),
  );
}

/** The settings of the page, with the test's secrets and servers. */
function replaceParts(
  settings: Record<string, string>,
  secret: string,
  url: string,
  jwksUrl: string,
): Record<string, string> {
  const replacements: Record<string, string> = {
    AUTH_SECRET: secret,
    AUTH_JWT_SECRET: secret,
    AUTH_SESSION_URL: url,
    AUTH_JWKS_URL: jwksUrl,
  };
  return Object.fromEntries([
    ["AUTH_JWT_SECRET", ""],
    ...Object.entries(settings).map(([key, value]) => [key, replacements[key] ?? value]),
  ]);
}

async function isAdmin(app: TestApp, headers: HeadersInit): Promise<string> {
  const response = await app.get("/api/trpc/eventIngestion.getStats", headers);
  await response.body?.cancel();
  return response.status === 200 ? "yes" : response.status === 403 ? "no" : `${response.status}`;
}

async function readRow(eventType: string): Promise<readonly string[]> {
  const rows = await postgres.database.run((sql) =>
    sql<{ user_id: string; actor_type: string; creator_id: string | null }[]>`
      select user_id, actor_type, creator_id from events where event_type = ${eventType}`
  );
  return rows.flatMap((row) => [`\`${row.user_id}\``, row.actor_type, row.creator_id ?? ""]);
}

for (const [i, login] of logins.entries()) {
  const { name, block = 0, algorithm, sentAs, secret = LOGIN_SECRET } = login;
  const { session = () => Response.json({ keys: jwks }) } = login;
  Deno.test(`6.1 ${name} by ${algorithm}, ${sentAs}: the row is the user's`, async () => {
    const eventType = `login_${i}`;
    const settings = settingsOf(name, block);
    const path = (url: string | undefined, base: string) =>
      url === undefined ? base : new URL(new URL(url).pathname + new URL(url).search, base).href;
    let admin = "";
    {
      await using endpoint = startSessionEndpoint(session);
      const url = path(settings["AUTH_SESSION_URL"], endpoint.url);
      const jwksUrl = path(settings["AUTH_JWKS_URL"], endpoint.url);
      await using app = await openTestApp(postgres.database, {
        environment: replaceParts(settings, secret, url, jwksUrl),
      });
      const headers = await login.headers();
      const response = await app.post("/v1/events", { eventType, props: {} }, headers);
      assertEquals(await response.json(), { eventId: null, tracked: true });
      admin = await isAdmin(app, headers);
    }
    const row = [name, algorithm, sentAs, ...await readRow(eventType), admin];
    assertEquals(row, table[i]);
  });
}

Deno.test("6.16 Better Auth answers about many users at once, with the rule of the page", async () => {
  const rule = '"/get-session": false';
  assert(page.includes(`rateLimit: { customRules: { ${rule} } }`), "the page has another rule");
  const ask = async () => {
    const url = "https://app.example.com/api/auth/get-session?disableRefresh=true";
    const request = new Request(url, { headers: { cookie: betterAuth.cookie } });
    const response = await betterAuth.fetch(request);
    await response.body?.cancel();
    return response.status;
  };
  const statuses = new Set<number>();
  for (let i = 0; i < 120; i++) statuses.add(await ask());
  assertEquals([...statuses], [200]);
});

Deno.test("every login of the table is tested, and every login of the page is in the table", () => {
  assertEquals(table.length, logins.length);
  const headings = page.split("## Providers")[1]?.matchAll(/^### (.*)$/gm) ?? [];
  assertEquals([...new Set(logins.map(({ name }) => name))], [...headings].map(([, name]) => name));
});
