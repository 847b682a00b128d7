/**
 * What an event costs, as measured. `deno task bench sizing` measures the CPU time again, and
 * `tests/sizing/bytes_test.ts` the bytes; both compare it with this.
 */

/** Idempotency keys of the events: random ones (UUIDv4), time-ordered ones (UUIDv7), or none. */
export const KEYS = ["random", "ordered", "none"] as const;
export type Keys = typeof KEYS[number];

/** Where the buffer is: `KV_PATH`. */
export const KV_KINDS = ["file", "connect", "postgres"] as const;
export type KvKind = typeof KV_KINDS[number];

/**
 * Microseconds of CPU time, user and system, on one core of the machine named in src/SIZING.md: the whole
 * way of an event, with KV on a file. Measured at 1,000 requests/s, and at 60 batches of 50.
 */
export const CPU = {
  /** All threads of the service for an event, beside its request: admission, flush and enrichment. */
  serviceEvent: 100,
  /** The main thread's part of it, which no second core can take over. */
  mainEvent: 61,
  /** The service for a request. The more arrive at once, the more share a commit, and the less it is. */
  serviceRequest: 430,
  mainRequest: 280,
  /** The main thread for a request at the highest rate (tests/bench/README.md). */
  mainRequestBusy: 108,
  /** The service for an idempotency key. */
  key: 9,
  /** All processes of Postgres for an event without a key: 33 of large flushes, 48 of small ones. */
  postgresEvent: 40,
  /** Postgres for a key, once many are kept (migrations/README.md). */
  postgresKey: { none: 0, ordered: 5, random: 16 } satisfies Record<Keys, number>,
  /** The share of Postgres's time that is the flush: its connection can have no more than a core. */
  flushShare: 0.6,
} as const;

/** Bytes. An event is as long as its JSON, which is called `json` here. */
export const BYTES = {
  /** Of a line in KV, beside `json`: id, times, address, user agent. */
  line: 190,
  /** A file of KV beside the lines in it: SQLite's pages and its free space. */
  kvOverhead: 1.2,
  /** A claim in a KV in PostgreSQL, with its indexes (src/OPERATIONS.md); in a file it is a few bytes. */
  postgresClaim: 700,
  /** The row in `events`, beside `json` times `rowFactor`. */
  row: 25,
  rowFactor: 1.1,
  /** The indexes of `events`. */
  rowIndexes: 90,
  /** The row in `event_enrichments`, and its index. */
  enrichment: 350,
  /** `sessions` and `session_visits`, at eight events a session. */
  sessions: 70,
  /** The row in `idempotency_keys`, and its index. */
  key: 150,
  /** WAL of an event without a key, beside `json`. */
  wal: 950,
  /** WAL of a key, once more than a day's are kept (migrations/README.md). */
  walKey: { none: 0, ordered: 300, random: 5_000 } satisfies Record<Keys, number>,
  /** A key in `json`. */
  jsonKey: 56,
  /** Headers and response of a request. */
  request: 900,
  /** Sent to Postgres beside the line: the rows of enrichment and sessions. */
  toPostgres: 450,
} as const;

/**
 * Events a second that one denokv accepted, from single requests and from batches, with 16 commits in
 * flight, beside the service on two shared cores (src/README.md, decisions).
 */
export const DENOKV_CEILING = { single: 3_400, batch: 4_800 } as const;

/** What a KV in PostgreSQL accepts, as a share of what a file does: 0.46 to 0.74 (tests/bench/README.md). */
export const POSTGRES_KV_SHARE = 0.5;

/** How long KV keeps a claim by default: IDEMPOTENCY_TTL_SECONDS, DEDUPLICATION_TTL_SECONDS. */
export const CLAIM_SECONDS = { key: 3_600, fingerprint: 60 } as const;

/** The share of a ceiling to plan with: peaks, vacuum, backups and a drain after an outage take the rest. */
export const HEADROOM = 0.5;
