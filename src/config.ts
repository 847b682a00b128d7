/** The settings: read once from the environment, validated, frozen and passed on. */

import { isIP } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { parseOrigins } from "./cors_origins.ts";
import { ENTITY_TYPES } from "./events/catalogue.ts";
import type { EntityTables } from "./events/enrichment.ts";
import { DatabaseUrlError, parseDatabaseUrl } from "./store/database_url.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Invalid settings; the message has a line for each, with its name, what it must be and its value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const MIN_SECRET_BYTES = 32;
const SECRETS = new Set(["AUTH_JWT_SECRET", "DATABASE_URL", "METRICS_TOKEN"]);

/**
 * Load balancers go on sending requests for a moment after a process was told to stop. With the drain, it
 * stays within the ten seconds that `docker stop` allows; Deno Deploy allows five in all.
 */
const GRACE_SECONDS = 3;

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
const LOCATION_HEADERS = ["none", "cloudflare", "vercel", "cloudfront", "fastly"] as const;
const HOST = "localhost or an IP address of this machine, like 0.0.0.0, :: or 127.0.0.1";
const QUERY_PARAMS = "* or a comma-separated list of names of query parameters like page,ref_*";
const METRICS_TOKEN = "at least 16 visible ASCII characters without spaces";

/** Names of headers are the same in any case. */
function findHeader(name: string): string {
  return CLIENT_IP_HEADERS.find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
}

function oneOf(values: readonly string[]): string {
  return `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
}

const settings = z.object({
  PORT: whole(0, 65_535).default(3000),
  HOST: z.string().transform((host) => host.replace(/^\[(.*)\]$/, "$1"))
    .refine((host) => host === "localhost" || isIP(host) !== 0, HOST).default("0.0.0.0"),
  DATABASE_URL: z.string().superRefine((text, context) => {
    try {
      parseDatabaseUrl(text);
    } catch (error) {
      if (!(error instanceof DatabaseUrlError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
  }).optional(),
  KV_PATH: z.string().optional(),
  DATA_DIR: z.string().default(".data"),
  AUTH_JWT_SECRET: z.string().refine(
    (secret) => new TextEncoder().encode(secret).length >= MIN_SECRET_BYTES,
    `a secret of at least ${MIN_SECRET_BYTES} bytes`,
  ).optional(),
  AUTH_JWKS_URL: url.optional(),
  AUTH_ISSUER: z.string().optional(),
  AUTH_AUDIENCE: z.string().optional(),
  AUTH_COOKIE: z.string().regex(/^[\w.-]+$/, "a cookie name").default("session"),
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
  ENABLE_ENRICHMENT: flag.default(true),
  STRICT_EVENT_TYPES: flag.default(false),
  CLOCK_TOLERANCE_MS: whole(0, 86_400_000).default(5000),
  MAX_BUFFERED_EVENTS: whole(1, 1_000_000_000).default(1_000_000),
  MAX_COMMIT_WAIT_MS: whole(100, 60_000).default(2000),
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

/** All settings. */
export interface Config {
  readonly port: number;
  /** The address to listen on: an IP address without brackets, or `localhost`. */
  readonly host: string;
  /** `null`: the embedded Postgres in `dataDir`. */
  readonly databaseUrl: string | null;
  /** `null`: the managed KV of the platform. */
  readonly kvPath: string | null;
  readonly dataDir: string;
  readonly auth: AuthConfig;
  /** Origins as browsers write them, `https://*.…`, `*` and `null`. */
  readonly corsOrigins: readonly string[];
  readonly batchSize: number;
  readonly batchTimeoutMs: number;
  readonly enableDeduplication: boolean;
  /** When an event's content belongs to its fingerprint; `auto`: without a session. */
  readonly fingerprintContent: "auto" | "always" | "never";
  readonly deduplicationTtlSeconds: number;
  readonly idempotencyTtlSeconds: number;
  readonly enableEnrichment: boolean;
  readonly strictEventTypes: boolean;
  readonly clockToleranceMs: number;
  readonly maxBufferedEvents: number;
  /** How long an event may be expected to wait for its commit before it is rejected. */
  readonly maxCommitWaitMs: number;
  /** Room kept on the disk beside a KV that is a file. */
  readonly kvReserveBytes: number;
  /** How long stored and enriched events are kept in KV, for `reflush`; 0: not at all. */
  readonly keepFlushedSeconds: number;
  /** How long flush or enrichment may make no progress before `/readyz` fails. */
  readonly standstillSeconds: number;
  /** How long an event may wait for enrichment before `/readyz` fails. */
  readonly maxEnrichmentLagSeconds: number;
  /** How long requests are still served after SIGINT or SIGTERM, before the service closes. */
  readonly shutdownGraceSeconds: number;
  /** The sustained rate of one caller; `null`: no limit. */
  readonly rateLimitEventsPerSecond: number | null;
  /** The bits of an IPv6 address by which anonymous callers are told apart. */
  readonly rateLimitIpv6Prefix: number;
  /** How many proxies in front are trusted to append to `X-Forwarded-For`. */
  readonly trustedProxies: number;
  /** The header in which the proxy sends the client's address; `null`: none. */
  readonly clientIpHeader: string | null;
  /** The platform whose headers with the caller's place are trusted. */
  readonly locationHeaders: typeof LOCATION_HEADERS[number];
  /** The bearer token that `/metrics` requires; `null`: none. */
  readonly metricsToken: string | null;
  /** Whether `/demo` is served: for development only. */
  readonly demo: boolean;
  /** Whether `Sec-GPC: 1` makes events anonymous. */
  readonly honorGpc: boolean;
  readonly kvQueues: "auto" | "on" | "off";
  /** The path of a MaxMind City database; `null`: the bundled country database. */
  readonly geoipDbPath: string | null;
  /** The hosts of your own sites: links between them are not referrals. */
  readonly ownHosts: readonly string[];
  readonly entityTables: EntityTables;
  /** Names of query parameters that URLs keep besides campaign tags and click ids. */
  readonly keepQueryParams: readonly string[];
  readonly logLevel: "debug" | "info" | "warning" | "error";
  /** `null`: pretty in a terminal, JSON elsewhere. */
  readonly logFormat: "pretty" | "json" | null;
  /** Whether the service runs on Deno Deploy. */
  readonly onDeploy: boolean;
}

/** How tokens are verified (contract 6.1). */
export interface AuthConfig {
  readonly secret: string | null;
  readonly jwksUrl: string | null;
  readonly issuer: string | null;
  readonly audience: string | null;
  readonly cookie: string;
}

/**
 * Reads the settings. An empty variable counts as unset.
 *
 * @throws {ConfigError} naming every invalid setting
 */
export function loadConfig(environment: Environment): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const onDeploy = ["DENO_DEPLOY", "DENO_DEPLOYMENT_ID"].some((name) => name in given);
  const parsed = settings.safeParse(given);
  const wrong = parsed.success ? [] : describeIssues(parsed.error, given);
  if (onDeploy && given["DATABASE_URL"] === undefined) {
    wrong.push(
      "DATABASE_URL is not set; on Deno Deploy it must be the URL of a PostgreSQL server.",
    );
  }
  if (!parsed.success || wrong.length > 0) throw new ConfigError(wrong.join("\n"));
  const values = parsed.data;
  return Object.freeze({
    port: values.PORT,
    host: values.HOST,
    databaseUrl: values.DATABASE_URL ?? null,
    kvPath: values.KV_PATH ?? (onDeploy ? null : join(values.DATA_DIR, "kv.sqlite3")),
    dataDir: values.DATA_DIR,
    auth: Object.freeze({
      secret: values.AUTH_JWT_SECRET ?? null,
      jwksUrl: values.AUTH_JWKS_URL ?? null,
      issuer: values.AUTH_ISSUER ?? null,
      audience: values.AUTH_AUDIENCE ?? null,
      cookie: values.AUTH_COOKIE,
    }),
    corsOrigins: Object.freeze(values.CORS_ORIGINS),
    batchSize: values.BATCH_SIZE,
    batchTimeoutMs: values.BATCH_TIMEOUT_MS,
    enableDeduplication: values.ENABLE_DEDUPLICATION,
    fingerprintContent: values.FINGERPRINT_CONTENT,
    deduplicationTtlSeconds: values.DEDUPLICATION_TTL_SECONDS,
    idempotencyTtlSeconds: values.IDEMPOTENCY_TTL_SECONDS,
    enableEnrichment: values.ENABLE_ENRICHMENT,
    strictEventTypes: values.STRICT_EVENT_TYPES,
    clockToleranceMs: values.CLOCK_TOLERANCE_MS,
    maxBufferedEvents: values.MAX_BUFFERED_EVENTS,
    maxCommitWaitMs: values.MAX_COMMIT_WAIT_MS,
    kvReserveBytes: values.KV_RESERVE_MB * 1_000_000,
    keepFlushedSeconds: values.KEEP_FLUSHED_SECONDS,
    standstillSeconds: values.STANDSTILL_SECONDS,
    maxEnrichmentLagSeconds: values.MAX_ENRICHMENT_LAG_SECONDS,
    shutdownGraceSeconds: values.SHUTDOWN_GRACE_SECONDS ?? (onDeploy ? 0 : GRACE_SECONDS),
    rateLimitEventsPerSecond: values.RATE_LIMIT_EVENTS_PER_SECOND ?? null,
    rateLimitIpv6Prefix: values.RATE_LIMIT_IPV6_PREFIX,
    trustedProxies: values.TRUST_PROXY,
    clientIpHeader: values.CLIENT_IP_HEADER ?? null,
    locationHeaders: values.LOCATION_HEADERS,
    metricsToken: values.METRICS_TOKEN ?? null,
    demo: values.DEMO,
    honorGpc: values.HONOR_GPC,
    kvQueues: values.KV_QUEUES,
    geoipDbPath: values.GEOIP_DB_PATH ?? null,
    ownHosts: Object.freeze(values.OWN_HOSTS),
    entityTables: values.ENTITY_TABLES,
    keepQueryParams: Object.freeze(values.KEEP_QUERY_PARAMS),
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT ?? null,
    onDeploy,
  });
}

/** One line for each invalid setting; values of secrets are left out. */
function describeIssues(error: z.ZodError, given: Environment): string[] {
  const all = error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    const value = SECRETS.has(name) ? "a value that is not shown" : JSON.stringify(given[name]);
    return `${name} must be ${message}, got ${value}.`;
  });
  return [...new Set(all)];
}
