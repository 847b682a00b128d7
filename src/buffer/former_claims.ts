/**
 * Fingerprints that were claimed in the other way: in the log before the file of a KV was put behind a
 * server, or by keys before it was taken from there (contract 5.15).
 */

import { isClaim } from "../kv/claim.ts";
import { FINGERPRINTS, LOG } from "../kv/keys.ts";
import { isFingerprintEntry } from "./log_entries.ts";
import type { ClaimsOptions } from "./claims_options.ts";
import { RecentFingerprints } from "./recent.ts";

/** The fingerprints that this process does not claim in its own way. */
export class FormerClaims {
  readonly #options: ClaimsOptions;
  readonly #seen: RecentFingerprints;
  #isRead = false;
  #reading: Promise<void> | null = null;
  #any = false;

  constructor(options: ClaimsOptions) {
    this.#options = options;
    const { clock, deduplicationTtlMs: ttlMs } = options;
    this.#seen = new RecentFingerprints({ clock, ttlMs, capacity: Infinity });
  }

  /** Whether they were read. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Reads them, unless they were. Groups that need them at once share the read. */
  async read(): Promise<void> {
    if (this.#isRead) return;
    await (this.#reading ??= this.#readAll().finally(() => this.#reading = null));
  }

  /** Whether a fingerprint is claimed at `now` (epoch milliseconds). */
  has(fingerprint: string, now: number): boolean {
    return this.#any && this.#seen.has(this.#seen.hash(fingerprint), now);
  }

  async #readAll(): Promise<void> {
    await (this.#options.limits.claimLog ? this.#readKeys() : this.#readLog());
    this.#isRead = true;
  }

  async #readLog(): Promise<void> {
    for await (const { value: entry } of this.#options.kv.list<unknown>({ prefix: LOG })) {
      if (isFingerprintEntry(entry)) this.#add(entry.fingerprints, entry.deadline);
    }
  }

  async #readKeys(): Promise<void> {
    const { kv } = this.#options;
    for await (const { key, value: claim } of kv.list<unknown>({ prefix: FINGERPRINTS })) {
      const fingerprint = key.at(-1);
      if (typeof fingerprint === "string" && isClaim(claim)) {
        this.#add([fingerprint], claim.deadline);
      }
    }
  }

  #add(fingerprints: readonly string[], deadline: number): void {
    if (this.#options.clock.now() >= deadline) return;
    this.#any = true;
    this.#seen.add(fingerprints.map((fingerprint) => this.#seen.hash(fingerprint)), deadline);
  }
}
