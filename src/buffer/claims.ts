/**
 * Claims events in KV so that no duplicate is stored. An idempotency key is claimed by a key in KV; so is
 * a fingerprint, unless all fingerprints of a commit share one entry of the fingerprint log.
 */

import type { AcceptedEvent, DedupKey } from "../events/types.ts";
import type { Claim } from "../kv/claim.ts";
import type { KvLimits } from "../kv/limits.ts";
import type { AtomicOperation, Kv } from "../kv/port.ts";
import { FingerprintLog } from "./fingerprint_log.ts";
import { claimKey, type Classification, classify } from "./classify.ts";
import type { Pending } from "./pending.ts";
import type { RecentFingerprints } from "./recent.ts";

/** Options of `Claims`. */
export interface ClaimsOptions {
  readonly kv: Kv;
  readonly limits: KvLimits;
  readonly deduplicationTtlMs: number;
  readonly idempotencyTtlMs: number;
  /** Fingerprints known to be taken. With a log, it must remember all of them. */
  readonly seen: RecentFingerprints;
}

/** A pending event and the id of the segment that will hold it. */
export type PlacedEvent = Pick<Pending, "event" | "expected"> & { readonly segment: string };

/** Adds claims to commits, and classifies events by the claims in KV. */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #log: FingerprintLog | null;
  /** Fingerprints in the log entry of the last operation. */
  #logged = 0;

  constructor(options: ClaimsOptions) {
    this.#options = options;
    this.#log = options.limits.fingerprintLog ? new FingerprintLog(options.kv, options.seen) : null;
  }

  /** Reads the log as of `now`, which the first commit needs. */
  async open(now: number): Promise<void> {
    await this.#log?.catchUp(null, now);
  }

  /** Makes an operation fail if any event is claimed already, and claim all of them otherwise. */
  claim(operation: AtomicOperation, events: readonly PlacedEvent[], at: number): void {
    const fingerprints: string[] = [];
    for (const { event: { id, dedupKey }, expected, segment } of events) {
      if (this.#isLogged(dedupKey)) {
        fingerprints.push(dedupKey.value);
        continue;
      }
      const key = claimKey(dedupKey);
      if (key === null) continue;
      const claim: Claim = {
        deadline: this.#deadlineOf(dedupKey, at),
        eventId: id,
        segment,
        ...(dedupKey.by === "idempotency_key" ? { contentHash: dedupKey.contentHash } : {}),
      };
      const expireIn = claim.deadline - at;
      operation.check({ key, versionstamp: expected }).set(key, claim, { expireIn });
    }
    this.#logged = fingerprints.length;
    if (fingerprints.length === 0) return;
    const segment = events[0]?.segment ?? "";
    const deadline = at + this.#options.deduplicationTtlMs;
    this.#log?.append(operation, { segment, deadline, fingerprints }, at);
  }

  /** Call it when the last operation was committed. */
  onCommitted(versionstamp: string): void {
    if (this.#logged > 0) this.#log?.onCommitted(versionstamp);
  }

  /** Whether the log has the commit with this first segment; without a log, `classify` finds out. */
  async holds(segment: string, now: number): Promise<boolean> {
    return await this.#log?.catchUp(segment, now) ?? false;
  }

  /** Classifies each event by its claim in KV at `now` (epoch milliseconds). */
  async classify(events: readonly AcceptedEvent[], now: number): Promise<Classification[]> {
    const { kv, limits, seen } = this.#options;
    if (this.#log === null) return await classify(kv, events, limits.keysPerRead, now);
    await this.#log.catchUp(null, now);
    const keyed = events.filter(({ dedupKey }) => !this.#isLogged(dedupKey));
    const classifications = (await classify(kv, keyed, limits.keysPerRead, now)).values();
    return events.map(({ dedupKey }) => {
      if (!this.#isLogged(dedupKey)) return classifications.next().value ?? FREE;
      return seen.has(dedupKey, now) ? { kind: "duplicate" } : FREE;
    });
  }

  /** Remembers the fingerprints of events committed at `at` (epoch milliseconds). */
  remember(events: readonly Pick<Pending, "event">[], at: number): void {
    const { seen, deduplicationTtlMs } = this.#options;
    const taken = events.flatMap(({ event: { dedupKey } }) =>
      dedupKey.by === "fingerprint" ? [dedupKey.value] : []
    );
    seen.add(taken, at + deduplicationTtlMs);
  }

  #deadlineOf(dedupKey: DedupKey, at: number): number {
    const { deduplicationTtlMs, idempotencyTtlMs } = this.#options;
    return at + (dedupKey.by === "idempotency_key" ? idempotencyTtlMs : deduplicationTtlMs);
  }

  #isLogged(dedupKey: DedupKey): dedupKey is DedupKey & { by: "fingerprint" } {
    return this.#log !== null && dedupKey.by === "fingerprint";
  }
}

const FREE: Classification = { kind: "free", versionstamp: null };
