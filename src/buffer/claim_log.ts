/**
 * The recent claims of all processes on one KV, as a log. Each commit adds one entry with all of its
 * fingerprints and one with all of its idempotency keys, and checks and advances the head. A process whose
 * head is out of date fails to commit, reads the entries of the others and tries again. Two processes can
 * therefore never both claim the same (contract 5.2), and a commit needs one check and three sets,
 * however many events it has.
 *
 * Measured: a commit of 64 events takes 1.3 ms with a log entry instead of 4.0 ms with a key each.
 */

import { noteDamage } from "../kv/damage.ts";
import { encodeKeyEntry, type KeyClaim } from "../kv/key_entry.ts";
import { keyLogKey, LOG, LOG_HEAD, logKey } from "../kv/keys.ts";
import type { AtomicOperation, Kv } from "../kv/port.ts";
import type { KeyLog } from "./key_log.ts";
import { type FingerprintEntry, isEntryNumber, isFingerprintEntry } from "./log_entries.ts";
import type { RecentFingerprints } from "./recent.ts";

/** Options of `ClaimLog`. */
export interface ClaimLogOptions {
  readonly kv: Kv;
  /** Gets every fingerprint in the log, and must not forget one before its deadline. */
  readonly seen: RecentFingerprints;
  /** Gets every key in the log. */
  readonly keys: KeyLog;
  readonly deduplicationTtlMs: number;
  readonly idempotencyTtlMs: number;
}

/** What a commit claims. */
export interface Claimed {
  /** The first segment of the commit, which identifies it. */
  readonly segment: string;
  readonly fingerprints: readonly string[];
  /** In the order of their segments. */
  readonly keys: readonly KeyClaim[];
}

/** This process's view of the log. */
export class ClaimLog {
  readonly #options: ClaimLogOptions;
  /** The head as last read. Initially a guess, which the check of the first commit confirms or refutes. */
  #next = 0;
  #versionstamp: string | null = null;
  /** The next entry of fingerprints to read. */
  #unread = 0;
  /** Whether a call of `catchUp` has ended. */
  #isRead = false;

  constructor(options: ClaimLogOptions) {
    this.#options = options;
  }

  /**
   * Adds entries to an operation, whose commit fails if others have added any since the last read.
   *
   * @returns what to call with the versionstamp of the commit
   */
  append(
    operation: AtomicOperation,
    { segment, fingerprints, keys }: Claimed,
    at: number,
  ): (versionstamp: string) => void {
    const { deduplicationTtlMs, idempotencyTtlMs, keys: keyLog } = this.#options;
    const number = this.#next;
    operation.check({ key: LOG_HEAD, versionstamp: this.#versionstamp }).set(LOG_HEAD, number + 1);
    if (fingerprints.length > 0) {
      const entry: FingerprintEntry = { segment, deadline: at + deduplicationTtlMs, fingerprints };
      operation.set(logKey(number), entry, { expireIn: deduplicationTtlMs });
    }
    if (keys.length > 0) {
      const bytes = encodeKeyEntry({ segment, at, deadline: at + idempotencyTtlMs }, keys);
      operation.set(keyLogKey(number), bytes, { expireIn: idempotencyTtlMs });
    }
    return (versionstamp) => {
      this.#next = number + 1;
      this.#unread = number + 1;
      this.#versionstamp = versionstamp;
      keyLog.onCommitted(keys.map(({ key }) => key), number);
    };
  }

  /** Reads the entries added since, as of `now`. Returns whether one of `segment` is among them. */
  async catchUp(segment: string | null, now: number): Promise<boolean> {
    const { kv, keys } = this.#options;
    const head = await kv.get<unknown>(LOG_HEAD);
    if (this.#isRead && head.versionstamp === this.#versionstamp) return false;
    // Entries added after the head was read may be included; the next call reads them again.
    if (head.versionstamp && !isEntryNumber(head.value)) noteDamage(kv, "claim_log", head.key);
    // A head that is behind was damaged: entries may have been added anywhere.
    const counted = isEntryNumber(head.value) ? head.value : -1;
    const fingerprints = await this.#readFingerprints(counted < this.#unread, segment, now);
    const hasKeys = await keys.catchUp(segment, counted);
    this.#unread = fingerprints.unread; // both were read, else both are read again
    // The head may be damaged: no entry is written over another that still counts.
    this.#next = Math.max(this.#next, this.#unread, keys.unread, counted);
    this.#versionstamp = head.versionstamp;
    this.#isRead = true;
    return hasKeys || fingerprints.isAdded;
  }

  async #readFingerprints(all: boolean, segment: string | null, now: number) {
    const { kv, seen } = this.#options;
    let isAdded = false;
    let unread = this.#unread;
    const range = all ? { prefix: LOG } : { prefix: LOG, start: logKey(unread) };
    for await (const { key, value: entry } of kv.list<unknown>(range)) {
      const number = key[LOG.length];
      if (isEntryNumber(number)) unread = Math.max(unread, number + 1);
      if (!isFingerprintEntry(entry)) {
        noteDamage(kv, "claim_log", key); // no commit could be made until it expires
        continue;
      }
      if (entry.segment === segment) isAdded = true;
      if (now >= entry.deadline) continue;
      seen.add(entry.fingerprints.map((fingerprint) => seen.hash(fingerprint)), entry.deadline);
    }
    return { isAdded, unread };
  }
}
