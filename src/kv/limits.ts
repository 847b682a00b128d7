/** How much one KV operation may hold. */

/** The limits of a KV, and how events are claimed in it. */
export interface KvLimits {
  /** Events of one group commit. */
  readonly groupSize: number;
  /** Events of one group commit whose claim is a key: each adds a check and a set. */
  readonly claimsPerCommit: number;
  /** Keys of one `getMany`. */
  readonly keysPerRead: number;
  /**
   * Whether a commit claims all its events by the log of claims instead of a key each, a fifth of the
   * work. Commits of different processes then conflict and take turns, so it is for a local KV only.
   */
  readonly claimLog: boolean;
  /**
   * Group commits in flight at once (`KV_COMMITS_IN_FLIGHT`). Over a network they share its latency; a
   * SQLite file makes one commit after the other anyway, and only one can append to the log of claims.
   */
  readonly commitsInFlight: number;
  /** Segments of one page of a list. Over a network each page is a round trip. */
  readonly segmentsPerRead: number;
}

/** Bytes of a segment or outbox record; Deno KV allows 65,536 a value. */
export const MAX_VALUE_BYTES = 65_000;

/** Bytes of values in one atomic operation; Deno KV allows 819,200 including keys. */
export const MAX_ATOMIC_BYTES = 700_000;

/**
 * Bytes of lines in one atomic operation. The remaining 32 are for the format byte of each segment; there
 * are at most 22, since two neighbors never fit into one value.
 */
export const MAX_LINE_BYTES = MAX_ATOMIC_BYTES - 32;

/** Segments deleted by one flush commit; Deno KV allows 1,000 mutations an operation. */
export const MAX_SEGMENTS_PER_COMMIT = 500;

/**
 * A SQLite file allows 100 checks an operation. A log entry can hold 200 of the longest fingerprints;
 * larger groups gain nothing.
 */
export const LOCAL_LIMITS: KvLimits = {
  groupSize: 200,
  claimsPerCommit: 90,
  keysPerRead: 10,
  claimLog: true,
  commitsInFlight: 1,
  segmentsPerRead: 8,
};

/** Deno Deploy's managed KV allows 100 checks, too. */
export const MANAGED_LIMITS: KvLimits = {
  groupSize: 90,
  claimsPerCommit: 90,
  keysPerRead: 10,
  claimLog: false,
  commitsInFlight: 16,
  segmentsPerRead: 32,
};

/** KV Connect: a self-hosted denokv allows only 10 checks. */
export const CONNECT_LIMITS: KvLimits = {
  ...MANAGED_LIMITS,
  groupSize: 10,
  claimsPerCommit: 10,
  segmentsPerRead: 100,
};

/**
 * PostgreSQL has no limits like these. Commits take turns there, so groups are large, and a second one in
 * flight is only prepared meanwhile.
 */
export const POSTGRES_LIMITS: KvLimits = {
  groupSize: 400,
  claimsPerCommit: 400,
  keysPerRead: 400,
  claimLog: false,
  commitsInFlight: 3,
  segmentsPerRead: 32,
};
