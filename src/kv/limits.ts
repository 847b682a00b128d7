/** What one operation of Deno KV may hold. */

/** The limits of a KV; a self-hosted one may have smaller ones. */
export interface KvLimits {
  /** Events of one group commit: each brings a check, and a set of its key. */
  readonly groupSize: number;
  /** Keys of one `getMany`. */
  readonly keysPerRead: number;
}

/** Bytes of a segment or outbox record: a value may have 65,536. */
export const MAX_VALUE_BYTES = 65_000;

/** Bytes of values in one atomic operation, which may have 819,200 with its keys. */
export const MAX_ATOMIC_BYTES = 700_000;

/** Segments of one flush commit, each a delete; an atomic operation may have 1,000 mutations. */
export const MAX_SEGMENTS_PER_COMMIT = 500;

/** SQLite and the managed KV of Deno Deploy: 100 checks an atomic operation. */
export const NATIVE_LIMITS: KvLimits = { groupSize: 90, keysPerRead: 10 };

/** Over KV Connect: a self-hosted denokv takes only 10 checks. */
export const CONNECT_LIMITS: KvLimits = { groupSize: 10, keysPerRead: 10 };
