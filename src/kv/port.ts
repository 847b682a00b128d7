/**
 * The key-value store as the service uses it, implemented by Deno KV. Another backend must satisfy the
 * notes on each operation, and the following:
 *
 * - Reads see every commit acknowledged before, by any process.
 * - A commit that rejects may or may not have been applied, but never in part; except that of a `sum` on
 *   what is no counter, before which everything is applied (see `counter.ts`).
 * - Keys are ordered by their parts: numbers numerically, strings by UTF-8 bytes, a prefix before longer keys.
 * - Values are structured clones; a `Uint8Array` is returned with the same bytes.
 * - The limits of `limits.ts` and `segment.ts` hold: 65,000 bytes a value, 700,000 bytes and 1,000
 *   mutations an operation, and as many checks and keys a read as `KvLimits` says.
 * - Versionstamps are strings that only grow, and no two commits share one.
 * - `expireIn` means "not before": an entry stays readable for at least that long and may stay for
 *   longer. Code that depends on a deadline stores it in the value.
 */
export interface Kv extends
  Pick<
    Deno.Kv,
    /** One entry; `value` and `versionstamp` are `null` where there is none. */
    | "get"
    /** Several entries in the order of their keys, all read from one snapshot. */
    | "getMany"
    /** An unconditional commit of one entry. */
    | "set"
    /** An unconditional commit that removes one entry, if present. */
    | "delete"
    /**
     * Entries in key order (`reverse`: backwards), within a prefix and from `start` (inclusive) to
     * `end` (exclusive). Need not be one snapshot: entries that others add or remove during the
     * iteration may or may not be seen, all others are seen exactly once.
     */
    | "list"
    /**
     * Optional; rejects with a `TypeError` where there are no queues, or for a `delay` where messages
     * cannot wait. Used for a probe only.
     */
    | "enqueue"
    /**
     * Optional, as above, or pending forever. Delivers a message at least once, to one listener of any
     * process, if one listens within a minute. The handler has to return soon; what it rejects may be
     * delivered again. The outbox does not depend on it: a message only starts a sweep earlier.
     */
    | "listenQueue"
  > {
  /** Begins an operation; nothing is sent before `commit()`. */
  atomic(): AtomicOperation;
}

/** Changes that are committed together or not at all. */
export interface AtomicOperation {
  /** Makes the commit fail unless each key has this versionstamp (`null`: is absent) at that moment. */
  check(...checks: Deno.AtomicCheck[]): this;
  /** Writes an entry. */
  set(key: KvKey, value: unknown, options?: { expireIn?: number }): this;
  /** Removes an entry, if present. */
  delete(key: KvKey): this;
  /** Adds to a 64-bit counter, which wraps around; an absent one counts as 0. Never conflicts. */
  sum(key: KvKey, n: bigint): this;
  /** Sends a message if the operation commits. Called only where `listenQueue` has delivered one. */
  enqueue(
    value: unknown,
    options?: { delay?: number; keysIfUndelivered?: KvKey[]; backoffSchedule?: number[] },
  ): this;
  /** Serializable with every other commit. `ok: false` means that a check failed and nothing was written. */
  commit(): Promise<KvCommitResult | KvCommitError>;
}

/** A key. */
export type KvKey = Deno.KvKey;

/** An entry that exists. */
export type KvEntry<T> = Deno.KvEntry<T>;

/** An entry, or the absence of one. */
export type KvEntryMaybe<T> = Deno.KvEntryMaybe<T>;

/** The value of a counter. */
export type KvU64 = Deno.KvU64;

/** Whether a value is one that `sum` can add to. */
export function isU64(value: unknown): value is KvU64 {
  return value instanceof Deno.KvU64;
}

/** Creates the value of a counter. */
export function toU64(count: number): KvU64 {
  return new Deno.KvU64(BigInt(count));
}

/** A range of keys. */
export type KvSelector = Deno.KvListSelector;

/** A commit that was applied. */
export type KvCommitResult = Deno.KvCommitResult;

/** A commit that failed a check. */
export type KvCommitError = Deno.KvCommitError;
