/** What one operation of Deno KV may hold. */

/** The limits of a KV, and how fingerprints are claimed in it. */
export interface KvLimits {
  /** Events of one group commit. */
  readonly groupSize: number;
  /** Events of one group commit that claim a key of their own: each brings a check and a set. */
  readonly claimsPerCommit: number;
  /** Keys of one `getMany`. */
  readonly keysPerRead: number;
  /**
   * Whether a commit claims all its fingerprints by one entry of a log, and not by a key each: a fifth
   * of the work. All processes of a log take turns, so it is for a KV that is no network away.
   */
  readonly fingerprintLog: boolean;
}

/** Bytes of a segment or outbox record: a value may have 65,536. */
export const MAX_VALUE_BYTES = 65_000;

/** Bytes of values in one atomic operation, which may have 819,200 with its keys. */
export const MAX_ATOMIC_BYTES = 700_000;

/**
 * Bytes of lines in one atomic operation. The rest is for a format byte a segment: two neighbours never
 * fit into one value, so there are 22 at most.
 */
export const MAX_LINE_BYTES = MAX_ATOMIC_BYTES - 32;

/** Segments of one flush commit, each a delete; an atomic operation may have 1,000 mutations. */
export const MAX_SEGMENTS_PER_COMMIT = 500;

/**
 * A SQLite file: 100 checks an atomic operation. Of the longest fingerprints, an entry of the log has room
 * for 200; larger groups would gain nothing.
 */
export const LOCAL_LIMITS: KvLimits = {
  groupSize: 200,
  claimsPerCommit: 90,
  keysPerRead: 10,
  fingerprintLog: true,
};

/** The managed KV of Deno Deploy: 100 checks as well. */
export const MANAGED_LIMITS: KvLimits = {
  groupSize: 90,
  claimsPerCommit: 90,
  keysPerRead: 10,
  fingerprintLog: false,
};

/** Over KV Connect: a self-hosted denokv takes only 10 checks. */
export const CONNECT_LIMITS: KvLimits = { ...MANAGED_LIMITS, groupSize: 10, claimsPerCommit: 10 };
