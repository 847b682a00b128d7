/** The settings: read once from the environment, validated, frozen and passed on. */

import { join } from "node:path";
import type { z } from "zod";
import type { Claim } from "./auth/claim_paths.ts";
import type { EntityTables } from "./events/enrichment.ts";
import { type LOCATION_HEADERS, settings } from "./settings.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Invalid settings; the message has a line for each, with its name, what it must be and its value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const SECRETS = new Set([
  "AUTH_JWT_SECRET",
  // Those of a user and password, or a secret that was put into the wrong place.
  "AUTH_JWKS_URL",
  "AUTH_SESSION_URL",
  "AUTH_SECRET",
  "AUTH_SECRET_1",
  "AUTH_SECRET_2",
  "AUTH_SECRET_3",
  "DATABASE_URL",
  "KV_PATH",
  "METRICS_TOKEN",
]);

/**
 * Load balancers go on sending requests for a moment after a process was told to stop. With the drain, it
 * stays within the ten seconds that `docker stop` allows; Deno Deploy allows five in all.
 */
const GRACE_SECONDS = 3;

/** All settings. */
export interface Config {
  readonly port: number;
  /** The address to listen on: an IP address without brackets, or `localhost`. */
  readonly host: string;
  /** `null`: the embedded Postgres in `dataDir`; in a preview on Deno Deploy: none. */
  readonly databaseUrl: string | null;
  /** `null`: the managed KV of the platform. */
  readonly kvPath: string | null;
  readonly dataDir: string;
  readonly auth: AuthConfig;
  /** Whether events of senders with neither an API key nor a token are refused. */
  readonly requireKey: boolean;
  /** Origins as browsers write them, `https://*.…`, `*` and `null`. */
  readonly corsOrigins: readonly string[];
  readonly batchSize: number;
  readonly batchTimeoutMs: number;
  readonly enableDeduplication: boolean;
  /** When an event's content belongs to its fingerprint; `auto`: without a session. */
  readonly fingerprintContent: "auto" | "always" | "never";
  readonly deduplicationTtlSeconds: number;
  readonly idempotencyTtlSeconds: number;
  /** Idempotency keys that a process remembers where they are in the log of claims. */
  readonly maxKeysInMemory: number;
  readonly enableEnrichment: boolean;
  readonly strictEventTypes: boolean;
  readonly clockToleranceMs: number;
  readonly maxBufferedEvents: number;
  /** How long an event may be expected to wait for its commit before it is rejected. */
  readonly maxCommitWaitMs: number;
  /** Commits in flight at once where KV is not a file. */
  readonly kvCommitsInFlight: number;
  /** How long an operation of a KV that is not a file waits for its response. */
  readonly kvTimeoutMs: number;
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
  /** Whether KV keeps the addresses of callers until their events are enriched. */
  readonly keepIp: boolean;
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
  /** The region and the deployment, as far as Deno Deploy names them. */
  readonly deployment: string;
}

/** How tokens are verified (contract 6.1). */
export interface AuthConfig {
  readonly secret: string | null;
  readonly jwksUrl: string | null;
  /** The endpoint that says whose session a cookie is. */
  readonly sessionUrl: string | null;
  /** Those with which Auth.js encrypts its cookies. */
  readonly secrets: readonly string[];
  readonly issuer: string | null;
  readonly audience: string | null;
  /** Names of the cookies that may have the token; `*` stands for any characters. */
  readonly cookies: readonly string[];
  /** Where the claims are; `null`: in the usual place. */
  readonly claims: Readonly<Record<"user" | "role" | "creator" | "brand", Claim | null>>;
  /** Who has one of these roles is an admin. */
  readonly adminRoles: readonly string[];
}

/** Keys of Google (and Firebase), Apple and Microsoft that sign for all of their customers. */
const SHARED_KEYS =
  /^https:\/\/(?:(?:www|identitytoolkit)\.googleapis\.com|appleid\.apple\.com|login\.microsoftonline\.com\/(?:common|organizations|consumers))\//i;

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
  if (onDeploy && given["DATABASE_URL"] === undefined && !isPreview(given)) {
    wrong.push(
      "DATABASE_URL is not set; on Deno Deploy it must be the URL of a PostgreSQL server.",
    );
  }
  if (SHARED_KEYS.test(given["AUTH_JWKS_URL"] ?? "") && given["AUTH_AUDIENCE"] === undefined) {
    wrong.push(
      "AUTH_AUDIENCE is not set; it must be the id of your project or application, as the keys of AUTH_JWKS_URL also sign the tokens of all others.",
    );
  }
  if (given["KV_QUEUES"] === "on" && /^https?:/.test(given["KV_PATH"] ?? "")) {
    wrong.push(
      'KV_QUEUES must be auto or off, got "on": KV_PATH is a KV Connect URL, which never delivers messages.',
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
      sessionUrl: values.AUTH_SESSION_URL ?? null,
      secrets: Object.freeze(
        [values.AUTH_SECRET, values.AUTH_SECRET_1, values.AUTH_SECRET_2, values.AUTH_SECRET_3]
          .filter((secret) => secret !== undefined),
      ),
      issuer: values.AUTH_ISSUER ?? null,
      audience: values.AUTH_AUDIENCE ?? null,
      cookies: Object.freeze(values.AUTH_COOKIE),
      claims: Object.freeze({
        user: values.AUTH_CLAIM_USER ?? null,
        role: values.AUTH_CLAIM_ROLE ?? null,
        creator: values.AUTH_CLAIM_CREATOR ?? null,
        brand: values.AUTH_CLAIM_BRAND ?? null,
      }),
      adminRoles: Object.freeze(values.AUTH_ADMIN_ROLES),
    }),
    requireKey: values.REQUIRE_KEY,
    corsOrigins: Object.freeze(values.CORS_ORIGINS),
    batchSize: values.BATCH_SIZE,
    batchTimeoutMs: values.BATCH_TIMEOUT_MS,
    enableDeduplication: values.ENABLE_DEDUPLICATION,
    fingerprintContent: values.FINGERPRINT_CONTENT,
    deduplicationTtlSeconds: values.DEDUPLICATION_TTL_SECONDS,
    idempotencyTtlSeconds: values.IDEMPOTENCY_TTL_SECONDS,
    maxKeysInMemory: values.MAX_KEYS_IN_MEMORY,
    enableEnrichment: values.ENABLE_ENRICHMENT,
    strictEventTypes: values.STRICT_EVENT_TYPES,
    clockToleranceMs: values.CLOCK_TOLERANCE_MS,
    maxBufferedEvents: values.MAX_BUFFERED_EVENTS,
    maxCommitWaitMs: values.MAX_COMMIT_WAIT_MS,
    kvCommitsInFlight: values.KV_COMMITS_IN_FLIGHT,
    kvTimeoutMs: values.KV_TIMEOUT_MS,
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
    keepIp: values.KEEP_IP,
    kvQueues: values.KV_QUEUES,
    geoipDbPath: values.GEOIP_DB_PATH ?? null,
    ownHosts: Object.freeze(values.OWN_HOSTS),
    entityTables: values.ENTITY_TABLES,
    keepQueryParams: Object.freeze(values.KEEP_QUERY_PARAMS),
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT ?? null,
    onDeploy,
    deployment: [given["DENO_REGION"], given["DENO_DEPLOYMENT_ID"]].filter(Boolean).join(" "),
  });
}

/**
 * Whether this is a timeline of Deno Deploy other than production. One that cannot start fails the whole
 * revision, for production as well.
 */
function isPreview({ DENO_TIMELINE: timeline = "production" }: Environment): boolean {
  return timeline !== "production";
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
