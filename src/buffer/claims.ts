/**
 * Claims events in KV so that no duplicate is stored: on a local file by the log of claims, elsewhere by a
 * key in KV for each idempotency key and fingerprint.
 */

import type { AcceptedEvent, DedupKey } from "../events/types.ts";
import { type Claim, isClaim } from "../kv/claim.ts";
import { idempotencyKey, segmentKey } from "../kv/keys.ts";
import type { AtomicOperation } from "../kv/port.ts";
import type { ClaimsOptions, PlacedEvent } from "./claims_options.ts";
import { claimKey, type Classification, classify } from "./classify.ts";
import { FormerClaims } from "./former_claims.ts";
import { LoggedClaims } from "./logged_claims.ts";
import type { Pending } from "./pending.ts";

/** Adds claims to commits, and classifies events by the claims in KV. */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #logged: LoggedClaims | null;
  readonly #former: FormerClaims;

  constructor(options: ClaimsOptions) {
    this.#options = options;
    this.#logged = options.limits.claimLog ? new LoggedClaims(options) : null;
    this.#former = new FormerClaims(options);
  }

  /** Reads what the first commit needs, as of `now`. */
  async open(now: number): Promise<void> {
    await this.#logged?.open(now);
    await this.#former.read();
  }

  /** Whether any event must be classified before it is committed, as the commit would not fail for it. */
  mayHold(events: readonly Pick<Pending, "event">[], now: number): boolean {
    if (!this.#former.isRead || events.some(({ event }) => this.#isFormer(event, now))) return true;
    return this.#logged?.mayHold(events) ?? false;
  }

  /** Makes an operation fail if any event is claimed already, and claim all of them otherwise. */
  claim(operation: AtomicOperation, events: readonly PlacedEvent[], at: number): void {
    if (this.#logged !== null) return this.#logged.claim(operation, events, at);
    let isChecked = false;
    for (const { event: { id, dedupKey }, expected, segment } of events) {
      const key = claimKey(dedupKey);
      if (key === null) continue;
      isChecked = true;
      const claim: Claim = {
        deadline: this.#deadlineOf(dedupKey, at),
        eventId: id,
        segment,
        ...(dedupKey.by === "idempotency_key" ? { contentHash: dedupKey.contentHash } : {}),
      };
      const expireIn = claim.deadline - at;
      operation.check({ key, versionstamp: expected }).set(key, claim, { expireIn });
    }
    // A client over a network repeats a commit whose response it lost: nothing may count twice.
    const segment = events[0]?.segment ?? "";
    if (!isChecked) operation.check({ key: segmentKey(segment), versionstamp: null });
  }

  /** Whether `classify` finds out for each event whether a commit that failed a check was applied before. */
  coverAll(events: readonly Pick<Pending, "event">[]): boolean {
    return this.#logged !== null ||
      events.every(({ event: { dedupKey } }) => dedupKey.by !== "nothing");
  }

  /** Call it when the last operation was committed. */
  onCommitted(versionstamp: string): void {
    this.#logged?.onCommitted(versionstamp);
  }

  /** Whether the log has the commit with this first segment; without a log, `classify` finds out. */
  async holds(segment: string, now: number): Promise<boolean> {
    return await this.#logged?.holds(segment, now) ?? false;
  }

  /** Classifies each event by its claim in KV at `now` (epoch milliseconds). */
  async classify(events: readonly AcceptedEvent[], now: number): Promise<Classification[]> {
    const { kv, limits } = this.#options;
    await this.#former.read();
    const classifications = this.#logged === null
      ? await classify(kv, events, limits.keysPerRead, now)
      : await this.#logged.classify(events, now);
    return classifications.map((classification, i) => {
      const event = events[i];
      const isFormer = event !== undefined && this.#isFormer(event, now);
      return classification.kind === "free" && isFormer ? { kind: "duplicate" } : classification;
    });
  }

  /** The claim of an idempotency key at `now`, `null` if there is none. */
  async find(key: string, now: number): Promise<Claim | null> {
    if (this.#logged !== null) return await this.#logged.find(key, now);
    const { value } = await this.#options.kv.get<unknown>(idempotencyKey(key));
    return isClaim(value) ? value : null;
  }

  /** Remembers the fingerprints of events committed at `at` (epoch milliseconds). */
  remember(events: readonly Pick<Pending, "hash">[], at: number): void {
    const { seen, deduplicationTtlMs } = this.#options;
    const taken = events.map(({ hash }) => hash).filter((hash) => hash !== null);
    seen.add(taken, at + deduplicationTtlMs);
  }

  #isFormer({ dedupKey }: AcceptedEvent, now: number): boolean {
    return dedupKey.by === "fingerprint" && this.#former.has(dedupKey.value, now);
  }

  #deadlineOf(dedupKey: DedupKey, at: number): number {
    const { deduplicationTtlMs, idempotencyTtlMs } = this.#options;
    return at + (dedupKey.by === "idempotency_key" ? idempotencyTtlMs : deduplicationTtlMs);
  }
}
