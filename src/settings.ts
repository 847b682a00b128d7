/** The environment variables that the service reads: what each accepts, and its default. */

import { isIP } from "node:net";
import { z } from "zod";
import { parseClaim } from "./auth/claim_paths.ts";
import { parseOrigins } from "./cors_origins.ts";
import { ENTITY_TYPES } from "./events/catalogue.ts";
import type { EntityTables } from "./events/enrichment.ts";
import { isPostgresUrl } from "./store/connection_string.ts";
import { DatabaseUrlError, parseDatabaseUrl } from "./store/database_url.ts";

const MIN_SECRET_BYTES = 32;

function whole(min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`;
  return z.string().regex(/^\d+$/, expected).transform(Number)
    .refine((value) => value >= min && value <= max, expected);
}

const RATE = "a number above 0 and at most 1000000";
const flag = z.enum(["true", "false"], "true or false").transform((value) => value === "true");
const url = z.url({ protocol: /^https?$/, error: "a URL that begins with http:// or https://" });

/** Headers that hold one address, which the proxy sets or replaces; `Forwarded` is a list. */
const CLIENT_IP_HEADERS = [
  "X-Real-IP",
  "Forwarded",
  "CF-Connecting-IP",
  "Fly-Client-IP",
  "True-Client-IP",
  "Fastly-Client-IP",
  "CloudFront-Viewer-Address",
] as const;
/** The platforms whose location headers may be trusted. */
export const LOCATION_HEADERS = ["none", "cloudflare", "vercel", "cloudfront", "fastly"] as const;
const SECRET = `a secret of at least ${MIN_SECRET_BYTES} bytes`;
const secret = z.string()
  .refine((text) => new TextEncoder().encode(text).length >= MIN_SECRET_BYTES, SECRET);

/**
 * A key as PEM, JWK or for SSH, or its DER in base64 as consoles show it, or the URL of keys. As the secret
 * of an HMAC, anyone who has read it could sign tokens with it.
 */
const PUBLIC_KEY =
  /-----BEGIN |^\s*(?:[[{][^]*"kty"|ssh-|ecdsa-|https?:|MI[IG][\w+/=\s]{120}|M(?:FkwEw|HYwEA)YHKoZI|MCowBQYDK2Vw)/;

const claim = z.string().transform((text, context) => {
  const parsed = parseClaim(text.trim());
  if (parsed.ok) return parsed.claim;
  context.addIssue({ code: "custom", message: parsed.message });
  return z.NEVER;
}).optional();
const COOKIES =
  "names of cookies, separated by commas, with at most one * each, like session or sb-*-auth-token";
const ROLES = "a comma-separated list of roles like ADMIN,owner";
const HOST = "localhost or an IP address of this machine, like 0.0.0.0, :: or 127.0.0.1";
const QUERY_PARAMS = "* or a comma-separated list of names of query parameters like page,ref_*";
const METRICS_TOKEN = "at least 16 visible ASCII characters without spaces";

const KV_PLACES = "a file, :memory:, or a URL that begins with https://, http:// or postgres://";

function checkDatabaseUrl(text: string, context: z.RefinementCtx): void {
  try {
    parseDatabaseUrl(text);
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error;
    context.addIssue({ code: "custom", message: error.message });
  }
}

/** Names of headers are the same in any case. */
function findHeader(name: string): string {
  return CLIENT_IP_HEADERS.find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
}

function oneOf(values: readonly string[]): string {
  return `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
}

/** Every setting. A message says what the setting must be. */
export const settings = z.object({
  PORT: whole(0, 65_535).default(3000),
  HOST: z.string().transform((host) => host.replace(/^\[(.*)\]$/, "$1"))
    .refine((host) => host === "localhost" || isIP(host) !== 0, HOST).default("0.0.0.0"),
  DATABASE_URL: z.string().superRefine(checkDatabaseUrl).optional(),
  KV_PATH: z.string().superRefine((text, context) => {
    if (isPostgresUrl(text)) checkDatabaseUrl(text, context);
    // It would be a file, in the folder of the process, with a password in its name.
    else if (/^\w[\w+.-]+:\/\//.test(text) && !/^https?:/.test(text)) {
      context.addIssue({ code: "custom", message: KV_PLACES });
    }
  }).optional(),
  DATA_DIR: z.string().default(".data"),
  AUTH_JWT_SECRET: secret.refine((text) => !PUBLIC_KEY.test(text), {
    error:
      `${SECRET}, not a key that others may know: the URL of public keys goes into AUTH_JWKS_URL`,
  }).optional(),
  AUTH_JWKS_URL: url.optional(),
  AUTH_SESSION_URL: url.optional(),
  AUTH_SECRET: secret.optional(),
  AUTH_SECRET_1: secret.optional(),
  AUTH_SECRET_2: secret.optional(),
  AUTH_SECRET_3: secret.optional(),
  AUTH_ISSUER: z.string().optional(),
  AUTH_AUDIENCE: z.string().optional(),
  AUTH_COOKIE: z.string().transform((list) => list.split(",").map((name) => name.trim()))
    .pipe(z.array(z.string().regex(/^(?=.*[^*]{3})[\w.-]*\*?[\w.-]*$/, COOKIES))).default([
      "session",
    ]),
  AUTH_CLAIM_USER: claim,
  AUTH_CLAIM_ROLE: claim,
  AUTH_CLAIM_CREATOR: claim,
  AUTH_CLAIM_BRAND: claim,
  AUTH_ADMIN_ROLES: z.string().transform((list) => list.split(",").map((role) => role.trim()))
    .pipe(z.array(z.string().regex(/^\P{Cc}{1,255}$/u, ROLES))).default(["ADMIN"]),
  REQUIRE_KEY: flag.default(false),
  CORS_ORIGINS: z.string().transform((list, context) => {
    const parsed = parseOrigins(list);
    if (parsed.ok) return parsed.origins;
    context.addIssue({ code: "custom", message: parsed.message });
    return z.NEVER;
  }).default(["*"]),
  BATCH_SIZE: whole(1, 10_000).default(100),
  BATCH_TIMEOUT_MS: whole(10, 600_000).default(10_000),
  ENABLE_DEDUPLICATION: flag.default(true),
  FINGERPRINT_CONTENT: z.enum(["auto", "always", "never"], "auto, always or never").default("auto"),
  DEDUPLICATION_TTL_SECONDS: whole(1, 86_400).default(60),
  IDEMPOTENCY_TTL_SECONDS: whole(1, 2_592_000).default(3600),
  MAX_KEYS_IN_MEMORY: whole(1_000, 100_000_000).default(2_000_000),
  ENABLE_ENRICHMENT: flag.default(true),
  STRICT_EVENT_TYPES: flag.default(false),
  CLOCK_TOLERANCE_MS: whole(0, 86_400_000).default(5000),
  MAX_BUFFERED_EVENTS: whole(1, 1_000_000_000).default(1_000_000),
  MAX_COMMIT_WAIT_MS: whole(100, 60_000).default(2000),
  KV_COMMITS_IN_FLIGHT: whole(1, 100).default(16),
  KV_TIMEOUT_MS: whole(100, 60_000).default(5_000),
  KV_RESERVE_MB: whole(0, 1_000).default(16),
  KEEP_FLUSHED_SECONDS: whole(0, 86_400).default(600),
  STANDSTILL_SECONDS: whole(1, 86_400).default(300),
  MAX_ENRICHMENT_LAG_SECONDS: whole(1, 2_592_000).default(900),
  SHUTDOWN_GRACE_SECONDS: whole(0, 600).optional(),
  RATE_LIMIT_EVENTS_PER_SECOND: z.string().regex(/^\d+(\.\d+)?$/, RATE).transform(Number)
    .refine((value) => value > 0 && value <= 1_000_000, RATE).optional(),
  RATE_LIMIT_IPV6_PREFIX: whole(32, 128).default(64),
  TRUST_PROXY: z.string()
    .regex(
      /^(true|false|\d|10)$/,
      "true, false, or the number of proxies in front of the service, at most 10",
    )
    .transform((value) => value === "true" ? 1 : value === "false" ? 0 : Number(value))
    .default(0),
  CLIENT_IP_HEADER: z.string().transform(findHeader)
    .pipe(z.enum(CLIENT_IP_HEADERS, oneOf(CLIENT_IP_HEADERS))).optional(),
  LOCATION_HEADERS: z.enum(LOCATION_HEADERS, oneOf(LOCATION_HEADERS)).default("none"),
  METRICS_TOKEN: z.string().regex(/^[\x21-\x7e]{16,}$/, METRICS_TOKEN).optional(),
  DEMO: flag.default(false),
  HONOR_GPC: flag.default(true),
  KEEP_IP: flag.default(true),
  KV_QUEUES: z.enum(["auto", "on", "off"], "auto, on or off").default("auto"),
  GEOIP_DB_PATH: z.string().optional(),
  OWN_HOSTS: z.string().regex(
    /^[\w.-]+(\s*,\s*[\w.-]+)*$/,
    "a comma-separated list of host names like example.com",
  ).transform((list) => list.split(",").map((host) => host.trim().toLowerCase())).default([]),
  ENTITY_TABLES: z.string().transform((text, context) => {
    const tables = readEntityTables(text);
    if (tables !== null) return tables;
    context.addIssue({ code: "custom", message: 'JSON like {"asset":"public.assets.id"}' });
    return z.NEVER;
  }).default(new Map()),
  KEEP_QUERY_PARAMS: z.string().transform((list) => list.split(",").map((name) => name.trim()))
    .pipe(z.array(z.string().regex(/^([^\s&=;#?%*+|]+\*?|\*)$/, QUERY_PARAMS))).default([]),
  LOG_LEVEL: z.enum(
    ["debug", "info", "warning", "error"],
    "debug, info, warning or error",
  ).default("info"),
  LOG_FORMAT: z.enum(["pretty", "json"], "pretty or json").optional(),
});

const entityTables = z.partialRecord(
  z.enum(ENTITY_TYPES),
  z.string().regex(/^[A-Za-z_]\w*\.[A-Za-z_]\w*\.[A-Za-z_]\w*$/),
);

function readEntityTables(text: string): EntityTables | null {
  try {
    const tables = Object.entries(entityTables.parse(JSON.parse(text)));
    return new Map(tables.map(([type, place]) => {
      const [schema = "", table = "", column = ""] = place.split(".");
      return [type, [schema, table, column] as const];
    }));
  } catch {
    return null;
  }
}
