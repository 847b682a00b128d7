/** What claims are made of, in a log or by keys. */

import type { Clock } from "../clock.ts";
import type { KvLimits } from "../kv/limits.ts";
import type { Kv } from "../kv/port.ts";
import type { KeyIndexOptions } from "./key_index.ts";
import type { Pending } from "./pending.ts";
import type { RecentFingerprints } from "./recent.ts";

/** Options of `Claims`. */
export interface ClaimsOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  readonly limits: KvLimits;
  readonly deduplicationTtlMs: number;
  readonly idempotencyTtlMs: number;
  /** Idempotency keys of the log that are remembered (`MAX_KEYS_IN_MEMORY`). */
  readonly maxKeysInMemory: number;
  /** How keys of the log are hashed. @default hashKey */
  readonly hashKey?: KeyIndexOptions["hash"];
  /** Fingerprints known to be taken. With a log, it must remember all of them. */
  readonly seen: RecentFingerprints;
}

/** A pending event and the id of the segment that will hold it. */
export type PlacedEvent = Pick<Pending, "event" | "expected"> & { readonly segment: string };
