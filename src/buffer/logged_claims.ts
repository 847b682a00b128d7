/** Claims in the log (`claim_log.ts`): of fingerprints, which are all in memory, and of idempotency keys. */

import type { AcceptedEvent } from "../events/types.ts";
import type { Claim } from "../kv/claim.ts";
import type { KeyClaim } from "../kv/key_entry.ts";
import type { AtomicOperation } from "../kv/port.ts";
import { ClaimLog } from "./claim_log.ts";
import type { ClaimsOptions, PlacedEvent } from "./claims_options.ts";
import { type Classification, classifyClaimed, oncePerSegment } from "./classify.ts";
import { KeyIndex } from "./key_index.ts";
import { KeyLog } from "./key_log.ts";
import { findClaim, findClaims, type KeyLookupOptions } from "./key_lookup.ts";
import type { Pending } from "./pending.ts";

const FREE: Classification = { kind: "free", versionstamp: null };

/** Adds entries to commits, and classifies events by them. */
export class LoggedClaims {
  readonly #options: ClaimsOptions;
  readonly #keys: KeyLog;
  readonly #log: ClaimLog;
  readonly #lookup: KeyLookupOptions;
  #onCommitted: ((versionstamp: string) => void) | null = null;

  constructor(options: ClaimsOptions) {
    this.#options = options;
    const { kv, clock, idempotencyTtlMs, limits: { keysPerRead } } = options;
    const index = new KeyIndex({
      clock,
      ttlMs: idempotencyTtlMs,
      capacity: options.maxKeysInMemory,
      hash: options.hashKey,
    });
    this.#keys = new KeyLog({ kv, clock, index });
    this.#log = new ClaimLog({ ...options, keys: this.#keys });
    this.#lookup = { kv, log: this.#keys, idempotencyTtlMs, keysPerRead };
  }

  /** Reads the log as of `now`, which the first commit needs. */
  async open(now: number): Promise<void> {
    await this.#log.catchUp(null, now);
  }

  /** Whether a key may be claimed already: the commit would not fail for what this process has read. */
  mayHold(events: readonly Pick<Pending, "event">[]): boolean {
    return events.some(({ event: { dedupKey } }) =>
      dedupKey.by === "idempotency_key" && this.#keys.mayHold(dedupKey.key)
    );
  }

  /** Makes an operation claim all events, and fail if others added claims that this process has not read. */
  claim(operation: AtomicOperation, events: readonly PlacedEvent[], at: number): void {
    const fingerprints: string[] = [];
    const keys: KeyClaim[] = [];
    for (const { event: { id, dedupKey }, segment } of events) {
      if (dedupKey.by === "fingerprint") fingerprints.push(dedupKey.value);
      else if (dedupKey.by === "idempotency_key") {
        const { key, contentHash } = dedupKey;
        keys.push({ key, contentHash, eventId: id, segment });
      }
    }
    this.#onCommitted = null;
    if (fingerprints.length + keys.length === 0) return;
    const segment = events[0]?.segment ?? "";
    this.#onCommitted = this.#log.append(operation, { segment, fingerprints, keys }, at);
  }

  /** Call it when the last operation was committed. */
  onCommitted(versionstamp: string): void {
    this.#onCommitted?.(versionstamp);
  }

  /** Whether the log has the commit with this first segment. */
  async holds(segment: string, now: number): Promise<boolean> {
    return await this.#log.catchUp(segment, now);
  }

  /** Classifies each event by its claim at `now` (epoch milliseconds). */
  async classify(events: readonly AcceptedEvent[], now: number): Promise<Classification[]> {
    const { kv, seen } = this.#options;
    await this.#log.catchUp(null, now);
    const readPlace = oncePerSegment(kv);
    const lookups = events.flatMap(({ id, dedupKey }) =>
      dedupKey.by === "idempotency_key" ? [{ key: dedupKey.key, eventId: id }] : []
    );
    const claims = (await findClaims(this.#lookup, lookups, now, readPlace)).values();
    return await Promise.all(events.map((event) => {
      const { dedupKey } = event;
      const isSeen = dedupKey.by === "fingerprint" && seen.has(seen.hash(dedupKey.value), now);
      if (isSeen) return { kind: "duplicate" as const };
      if (dedupKey.by !== "idempotency_key") return FREE;
      const claim = claims.next().value ?? null;
      if (claim === null) return FREE;
      return classifyClaimed(readPlace, event, { value: claim, versionstamp: null }, now);
    }));
  }

  /** The claim of an idempotency key at `now`, `null` if there is none. */
  async find(key: string, now: number): Promise<Claim | null> {
    return await findClaim(this.#lookup, key, now);
  }
}
