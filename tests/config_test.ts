import { generateKeyPairSync } from "node:crypto";
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
  assertThrows,
} from "./support/assert.ts";
import { type Config, ConfigError, type Environment, loadConfig } from "../src/config.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const DATABASE_URL = "postgres://sluice:pa55word@db.example:5432/events";

function complaint(environment: Environment): string {
  return assertThrows(() => loadConfig(environment), ConfigError).message;
}

const defaults: Config = {
  port: 3000,
  host: "0.0.0.0",
  databaseUrl: null,
  kvPath: ".data/kv.sqlite3",
  dataDir: ".data",
  auth: {
    secret: null,
    jwksUrl: null,
    sessionUrl: null,
    secrets: [],
    issuer: null,
    audience: null,
    cookies: ["session"],
    claims: { user: null, role: null, creator: null, brand: null },
    adminRoles: ["ADMIN"],
  },
  requireKey: false,
  corsOrigins: ["*"],
  batchSize: 100,
  batchTimeoutMs: 10_000,
  enableDeduplication: true,
  fingerprintContent: "auto",
  deduplicationTtlSeconds: 60,
  idempotencyTtlSeconds: 3600,
  maxKeysInMemory: 2_000_000,
  enableEnrichment: true,
  strictEventTypes: false,
  clockToleranceMs: 5000,
  maxBufferedEvents: 1_000_000,
  maxCommitWaitMs: 2000,
  kvCommitsInFlight: 16,
  kvTimeoutMs: 5_000,
  kvReserveBytes: 16_000_000,
  keepFlushedSeconds: 600,
  standstillSeconds: 300,
  maxEnrichmentLagSeconds: 900,
  shutdownGraceSeconds: 3,
  rateLimitEventsPerSecond: null,
  rateLimitIpv6Prefix: 64,
  trustedProxies: 0,
  clientIpHeader: null,
  locationHeaders: "none",
  metricsToken: null,
  demo: false,
  honorGpc: true,
  keepIp: true,
  kvQueues: "auto",
  geoipDbPath: null,
  ownHosts: [],
  entityTables: new Map(),
  keepQueryParams: [],
  logLevel: "info",
  logFormat: null,
  onDeploy: false,
  deployment: "",
};

interface Setting {
  readonly name: string;
  /** What it must be, as the message says it. */
  readonly expected?: string;
  /** Valid values, and what they are read as. */
  readonly good: Readonly<Record<string, unknown>>;
  readonly bad?: readonly string[];
  readonly read: (config: Config) => unknown;
}

function whole(name: string, min: number, max: number, read: Setting["read"]): Setting {
  return {
    name,
    expected: `a whole number from ${min} to ${max}`,
    good: { [min]: min, [max]: max },
    bad: [`${min - 1}`, `${max + 1}`, "many", "1.5", "1e3", " 5", "0x10", "9".repeat(400)],
    read,
  };
}

function flag(name: string, read: Setting["read"]): Setting {
  const bad = ["yes", "1", "TRUE", "on", " true"];
  return { name, expected: "true or false", good: { true: true, false: false }, bad, read };
}

const settings: readonly Setting[] = [
  whole("PORT", 0, 65_535, (config) => config.port),
  {
    name: "HOST",
    expected: "localhost or an IP address of this machine, like 0.0.0.0, :: or 127.0.0.1",
    good: {
      "0.0.0.0": "0.0.0.0",
      "::": "::",
      "[::]": "::",
      "::1": "::1",
      "192.0.2.1": "192.0.2.1",
      localhost: "localhost",
    },
    bad: [
      "example.com",
      "http://localhost",
      "127.0.0.1:3000",
      "[::1]:3000",
      "*",
      "1.2.3",
      "my-mac",
    ],
    read: (config) => config.host,
  },
  whole("BATCH_SIZE", 1, 10_000, (config) => config.batchSize),
  whole("BATCH_TIMEOUT_MS", 10, 600_000, (config) => config.batchTimeoutMs),
  whole("DEDUPLICATION_TTL_SECONDS", 1, 86_400, (config) => config.deduplicationTtlSeconds),
  whole("IDEMPOTENCY_TTL_SECONDS", 1, 2_592_000, (config) => config.idempotencyTtlSeconds),
  whole("MAX_KEYS_IN_MEMORY", 1_000, 100_000_000, (config) => config.maxKeysInMemory),
  whole("CLOCK_TOLERANCE_MS", 0, 86_400_000, (config) => config.clockToleranceMs),
  whole("MAX_BUFFERED_EVENTS", 1, 1_000_000_000, (config) => config.maxBufferedEvents),
  whole("MAX_COMMIT_WAIT_MS", 100, 60_000, (config) => config.maxCommitWaitMs),
  whole("KV_COMMITS_IN_FLIGHT", 1, 100, (config) => config.kvCommitsInFlight),
  whole("KV_TIMEOUT_MS", 100, 60_000, (config) => config.kvTimeoutMs),
  flag("ENABLE_DEDUPLICATION", (config) => config.enableDeduplication),
  {
    name: "FINGERPRINT_CONTENT",
    expected: "auto, always or never",
    good: { auto: "auto", always: "always", never: "never" },
    bad: ["true", "Auto", "session"],
    read: (config) => config.fingerprintContent,
  },
  flag("ENABLE_ENRICHMENT", (config) => config.enableEnrichment),
  flag("STRICT_EVENT_TYPES", (config) => config.strictEventTypes),
  {
    name: "DATABASE_URL",
    expected:
      "a URL like postgres://user:password@host:5432/database, with special characters percent-encoded",
    good: { [DATABASE_URL]: DATABASE_URL, "postgresql://h/d": "postgresql://h/d" },
    bad: ["mysql://u:pa55word@h/d", "db.example:5432", "postgres://", "postgres://h/d pa55word"],
    read: (config) => config.databaseUrl,
  },
  {
    name: "KV_PATH",
    good: { ":memory:": ":memory:", "https://kv.example": "https://kv.example" },
    read: (config) => config.kvPath,
  },
  { name: "DATA_DIR", good: { "/var/lib/sluice": "/var/lib/sluice" }, read: (c) => c.dataDir },
  {
    name: "AUTH_JWT_SECRET",
    expected: "a secret of at least 32 bytes",
    good: { [SECRET]: SECRET, ["é".repeat(16)]: "é".repeat(16) },
    bad: ["pa55word", `${SECRET.slice(9)}pa55word`],
    read: (config) => config.auth.secret,
  },
  {
    name: "AUTH_JWKS_URL",
    expected: "a URL that begins with http:// or https://",
    good: { "https://id.example/jwks.json": "https://id.example/jwks.json" },
    bad: ["id.example/jwks.json", "file:///etc/jwks.json", "keys"],
    read: (config) => config.auth.jwksUrl,
  },
  ...["AUTH_SECRET", "AUTH_SECRET_1", "AUTH_SECRET_2", "AUTH_SECRET_3"].map((name): Setting => ({
    name,
    expected: "a secret of at least 32 bytes",
    good: { [SECRET]: [SECRET], [`${SECRET},and a comma`]: [`${SECRET},and a comma`] },
    bad: ["pa55word", `${SECRET.slice(9)}pa55word`],
    read: (config) => config.auth.secrets,
  })),
  {
    name: "AUTH_SESSION_URL",
    expected: "a URL that begins with http:// or https://",
    good: { "http://app:3000/session": "http://app:3000/session" },
    bad: ["/api/auth/get-session", "app.example"],
    read: (config) => config.auth.sessionUrl,
  },
  {
    name: "AUTH_ISSUER",
    good: { "https://id.example": "https://id.example" },
    read: (c) => c.auth.issuer,
  },
  { name: "AUTH_AUDIENCE", good: { sluice: "sluice" }, read: (config) => config.auth.audience },
  {
    name: "AUTH_COOKIE",
    expected:
      "names of cookies, separated by commas, with at most one * each, like session or sb-*-auth-token",
    good: {
      "__Host-session.v2": ["__Host-session.v2"],
      "sid": ["sid"],
      "sb-*-auth-token, session": ["sb-*-auth-token", "session"],
    },
    bad: ["my session", "a=b", "a;b", "*", "a*", "a*b*c", "session,", ","],
    read: (config) => config.auth.cookies,
  },
  ...(["USER", "ROLE", "CREATOR", "BRAND"] as const).map((name): Setting => ({
    name: `AUTH_CLAIM_${name}`, // others: auth/claim_paths_test.ts
    expected:
      'one or several paths of claims, separated by commas, like role, app_metadata.role, realm_access.roles or ["https://example.com/role"]',
    good: { "a.b": [["a", "b"]], ' ["c.d"] ': [["c.d"]] },
    bad: ["a..b", "https://example.com/role"],
    read: ({ auth }) => auth.claims[name.toLowerCase() as keyof typeof auth.claims]?.paths,
  })),
  {
    name: "AUTH_ADMIN_ROLES",
    expected: "a comma-separated list of roles like ADMIN,owner",
    good: { "ADMIN, owner": ["ADMIN", "owner"], "org:admin": ["org:admin"] },
    bad: ["ADMIN,", ",", "a\tb"],
    read: (config) => config.auth.adminRoles,
  },
  {
    name: "CORS_ORIGINS", // others: cors_origins_test.ts
    good: {
      "*": ["*"],
      "https://a.example": ["https://a.example"],
      "https://a.example, http://localhost:3000": ["https://a.example", "http://localhost:3000"],
    },
    read: (config) => config.corsOrigins,
  },
  {
    name: "STANDSTILL_SECONDS",
    expected: "a whole number from 1 to 86400",
    good: { "1": 1, "86400": 86_400 },
    bad: ["0", "1.5", "86401"],
    read: (config) => config.standstillSeconds,
  },
  whole("MAX_ENRICHMENT_LAG_SECONDS", 1, 2_592_000, (config) => config.maxEnrichmentLagSeconds),
  whole("SHUTDOWN_GRACE_SECONDS", 0, 600, (config) => config.shutdownGraceSeconds),
  {
    name: "RATE_LIMIT_EVENTS_PER_SECOND",
    expected: "a number above 0 and at most 1000000",
    good: { "10": 10, "0.2": 0.2 },
    bad: ["0", "-1", "ten", "1e3", "1000001"],
    read: (config) => config.rateLimitEventsPerSecond,
  },
  {
    name: "DEMO",
    expected: "true or false",
    good: { true: true, false: false },
    bad: ["on"],
    read: (config) => config.demo,
  },
  {
    name: "HONOR_GPC",
    expected: "true or false",
    good: { true: true, false: false },
    bad: ["1", "yes"],
    read: (config) => config.honorGpc,
  },
  {
    name: "KV_QUEUES",
    expected: "auto, on or off",
    good: { auto: "auto", on: "on", off: "off" },
    bad: ["true", "ON"],
    read: (config) => config.kvQueues,
  },
  {
    name: "GEOIP_DB_PATH",
    good: { "/srv/city.mmdb": "/srv/city.mmdb" },
    read: (config) => config.geoipDbPath,
  },
  {
    name: "OWN_HOSTS",
    expected: "a comma-separated list of host names like example.com",
    good: { "Example.com, shop.example": ["example.com", "shop.example"] },
    bad: ["https://example.com", "a,,b", "a b"],
    read: (config) => config.ownHosts,
  },
  {
    name: "KEEP_QUERY_PARAMS",
    expected: "* or a comma-separated list of names of query parameters like page,ref_*",
    good: { "*": ["*"], "page, ref_*,ids[],a.b": ["page", "ref_*", "ids[]", "a.b"] },
    bad: ["page,,ref", "a b", "?page", "page=1", "*_id", "a&b", "**"],
    read: (config) => config.keepQueryParams,
  },
  {
    name: "ENTITY_TABLES",
    expected: 'JSON like {"asset":"public.assets.id"}',
    good: {
      '{"asset":"public.assets.id"}': new Map([["asset", ["public", "assets", "id"]]]),
      "{}": new Map(),
    },
    bad: ["{", "[]", '{"asset":"assets"}', '{"planet":"a.b.c"}', '{"asset":"a.b.c; drop"}'],
    read: (config) => config.entityTables,
  },
  {
    name: "TRUST_PROXY",
    expected: "true, false, or the number of proxies in front of the service, at most 10",
    good: { true: 1, false: 0, 0: 0, 1: 1, 10: 10 },
    bad: ["yes", "11", "-1", "1.5"],
    read: (config) => config.trustedProxies,
  },
  {
    name: "CLIENT_IP_HEADER",
    expected: "X-Real-IP, Forwarded, CF-Connecting-IP, Fly-Client-IP, True-Client-IP, " +
      "Fastly-Client-IP or CloudFront-Viewer-Address",
    good: {
      "X-Real-IP": "X-Real-IP",
      "cf-connecting-ip": "CF-Connecting-IP",
      "forwarded": "Forwarded",
    },
    bad: ["X-Forwarded-For", "true", "X-Client"],
    read: (config) => config.clientIpHeader,
  },
  {
    name: "LOCATION_HEADERS",
    expected: "none, cloudflare, vercel, cloudfront or fastly",
    good: { none: "none", cloudflare: "cloudflare", fastly: "fastly" },
    bad: ["Cloudflare Inc", "true", "cloudflare,vercel"],
    read: (config) => config.locationHeaders,
  },
  {
    name: "METRICS_TOKEN",
    expected: "at least 16 visible ASCII characters without spaces",
    good: { "sixteen-letters!": "sixteen-letters!" },
    bad: ["pa55word", "pa55word with blanks", "pa55wordpa55wordé"],
    read: (config) => config.metricsToken,
  },
  whole("RATE_LIMIT_IPV6_PREFIX", 32, 128, (config) => config.rateLimitIpv6Prefix),
  {
    name: "LOG_LEVEL",
    expected: "debug, info, warning or error",
    good: { debug: "debug", warning: "warning", error: "error" },
    bad: ["warn", "INFO", "trace"],
    read: (config) => config.logLevel,
  },
  {
    name: "LOG_FORMAT",
    expected: "pretty or json",
    good: { pretty: "pretty", json: "json" },
    bad: ["text", "JSON"],
    read: (config) => config.logFormat,
  },
];

const SECRETS = [
  "AUTH_JWT_SECRET",
  "AUTH_JWKS_URL",
  "AUTH_SESSION_URL",
  "AUTH_SECRET",
  "AUTH_SECRET_1",
  "AUTH_SECRET_2",
  "AUTH_SECRET_3",
  "DATABASE_URL",
  "METRICS_TOKEN",
];

Deno.test("every setting has a default", () => {
  assertEquals(loadConfig({}), defaults);
});

Deno.test("empty and undefined variables count as unset, and unknown ones are ignored", () => {
  const empty = Object.fromEntries(settings.map(({ name }) => [name, ""]));
  assertEquals(loadConfig(empty), defaults);
  assertEquals(loadConfig({ PORT: undefined, HOME: "/root", port: "nonsense" }), defaults);
});

for (const { name, good, read } of settings) {
  Deno.test(`${name} accepts ${Object.keys(good).join(" or ")}`, () => {
    for (const [given, value] of Object.entries(good)) {
      assertEquals(read(loadConfig({ [name]: given })), value, given);
    }
  });
}

for (const { name, expected, bad = [] } of settings) {
  if (expected === undefined) continue;
  Deno.test(`12.1 an invalid ${name} is reported with its value and what it must be`, () => {
    for (const value of bad) {
      const shown = SECRETS.includes(name) ? "a value that is not shown" : JSON.stringify(value);
      assertEquals(complaint({ [name]: value }), `${name} must be ${expected}, got ${shown}.`);
    }
  });
}

Deno.test("12.1 6.12 a public key is no secret", () => {
  const pem = `-----BEGIN PUBLIC KEY-----\n${"A".repeat(64)}\n-----END PUBLIC KEY-----`;
  const jwk = ` {"kty": "RSA", "n": "${"A".repeat(64)}", "e": "AQAB"}`;
  const inBase64 = [1024, 2048].map((modulusLength) =>
    generateKeyPairSync("rsa", { modulusLength })
  )
    .concat(
      ["P-256", "P-384", "P-521"].map((namedCurve) => generateKeyPairSync("ec", { namedCurve })),
    )
    .concat(generateKeyPairSync("ed25519"))
    .map(({ publicKey }) => publicKey.export({ type: "spki", format: "der" }).toString("base64"));
  const others = [
    "https://id.example.com/jwks.json",
    `ssh-ed25519 ${"A".repeat(68)} me@example.com`,
  ];
  for (const key of [pem, jwk, `[${jwk}]`, `{"keys":[${jwk}]}`, ...inBase64, ...others]) {
    assertEquals(
      complaint({ AUTH_JWT_SECRET: key }),
      "AUTH_JWT_SECRET must be a secret of at least 32 bytes, not a key that others may know: " +
        "the URL of public keys goes into AUTH_JWKS_URL, got a value that is not shown.",
      key,
    );
  }
  // A secret in base64 may begin as keys do.
  const secret = `MII${"x".repeat(85)}=`;
  assertEquals(loadConfig({ AUTH_JWT_SECRET: secret }).auth.secret, secret);
});

Deno.test("12.1 6.1 keys that sign for everybody require an audience", () => {
  const urls = [
    "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
    "https://identitytoolkit.googleapis.com/v1/sessionCookiePublicKeys",
    "https://www.googleapis.com/oauth2/v3/certs",
    "https://appleid.apple.com/auth/keys",
    "https://login.microsoftonline.com/common/discovery/v2.0/keys",
  ];
  for (const url of urls) {
    assertEquals(
      complaint({ AUTH_JWKS_URL: url, AUTH_ISSUER: "https://accounts.google.com" }),
      "AUTH_AUDIENCE is not set; it must be the id of your project or application, as the keys of " +
        "AUTH_JWKS_URL also sign the tokens of all others.",
    );
    assertEquals(loadConfig({ AUTH_JWKS_URL: url, AUTH_AUDIENCE: "p" }).auth.jwksUrl, url);
  }
  const own = "https://login.microsoftonline.com/0f1e2d3c-0000/discovery/v2.0/keys";
  assertEquals(loadConfig({ AUTH_JWKS_URL: own }).auth.jwksUrl, own);
});

Deno.test("12.1 several invalid settings are reported at once, one per line", () => {
  const wrong = settings.flatMap(({ name, bad }) => bad?.[0] === undefined ? [] : [[name, bad[0]]]);
  const lines = complaint(Object.fromEntries(wrong)).split("\n");
  assertEquals(
    lines.map((line) => line.split(" must ")[0]).sort(),
    wrong.map(([name]) => name).sort(),
  );
});

Deno.test("12.1 no message shows a secret or a password", () => {
  const environment = {
    PORT: "x",
    AUTH_JWT_SECRET: "too short pa55word",
    DATABASE_URL: "mysql://u:pa55word@h/d",
  };
  const error = assertThrows(() => loadConfig(environment), ConfigError);
  assertNotMatch(`${error.message}\n${error.stack}\n${Deno.inspect(error)}`, /pa55word|too short/);
  const other = complaint({ PORT: "x", AUTH_JWT_SECRET: SECRET, DATABASE_URL });
  assertEquals(other, 'PORT must be a whole number from 0 to 65535, got "x".');
});

Deno.test("KV is in the data folder unless KV_PATH is set", () => {
  assertEquals(loadConfig({ DATA_DIR: "/srv/sluice" }).kvPath, "/srv/sluice/kv.sqlite3");
  assertEquals(loadConfig({ DATA_DIR: "/srv/sluice", KV_PATH: ":memory:" }).kvPath, ":memory:");
});

for (const variable of ["DENO_DEPLOY", "DENO_DEPLOYMENT_ID"]) {
  Deno.test(`on Deno Deploy (${variable}), KV is the managed one and DATABASE_URL is required`, () => {
    const deployed = { [variable]: "1" };
    const config = loadConfig({ ...deployed, DATABASE_URL });
    assertEquals([config.onDeploy, config.kvPath, config.databaseUrl], [true, null, DATABASE_URL]);
    assertEquals(loadConfig({ ...deployed, DATABASE_URL, KV_PATH: "k" }).kvPath, "k");
    assertStringIncludes(complaint(deployed), "DATABASE_URL is not set; on Deno Deploy it must be");
  });
}

Deno.test("11.13 on Deno Deploy only production needs DATABASE_URL to start", () => {
  const started = (timeline: string) =>
    loadConfig({ DENO_DEPLOY: "true", DENO_TIMELINE: timeline }).databaseUrl;
  assertEquals(["git-branch/main", "preview/9f3a77c1"].map(started), [null, null]);
  const message = complaint({ DENO_DEPLOY: "true", DENO_TIMELINE: "production" });
  assertStringIncludes(message, "DATABASE_URL is not set; on Deno Deploy it must be");
});

Deno.test("on Deno Deploy, a missing DATABASE_URL is reported along with other invalid settings", () => {
  const message = complaint({ DENO_DEPLOY: "1", PORT: "x" });
  assertStringIncludes(message, "PORT must be");
  assertStringIncludes(message, "DATABASE_URL is not set");
});

Deno.test("the configuration is frozen", () => {
  const config = loadConfig({});
  assert(Object.isFrozen(config));
  assert(Object.isFrozen(config.auth));
});

Deno.test("KV_QUEUES=on is refused over KV Connect, which never delivers messages", () => {
  for (const path of ["http://kv.example.com", "https://kv.example.com/databases/1"]) {
    const message = complaint({ KV_PATH: path, KV_QUEUES: "on" });
    assertStringIncludes(message, 'KV_QUEUES must be auto or off, got "on"');
  }
  assertEquals(loadConfig({ KV_PATH: "kv.sqlite3", KV_QUEUES: "on" }).kvQueues, "on");
});
