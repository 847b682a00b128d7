/**
 * The counters of events, exact across all processes: each changes in the same commit that moves the
 * events.
 */

import { counterKey } from "./keys.ts";
import type { AtomicOperation, Kv, KvEntryMaybe, KvU64 } from "./port.ts";

/** The name of a counter, `["counter", <name>]` in KV. */
export type Counter = typeof COUNTERS[number];

/** All counters. One `getMany` reads at most ten keys, as one snapshot. */
export const COUNTERS = [
  /** Received and not accepted, for any reason. */
  "not_accepted",
  /** Made durable. */
  "accepted",
  /** Recognized as duplicates or replays when received. */
  "duplicates",
  /** Rejected for what they contain, or not stored for lack of capacity or because KV failed. */
  "rejected",
  /** In the buffer now. */
  "buffered",
  /** Stored as rows. */
  "stored",
  /** Found at the flush to have a row already, by their idempotency keys. */
  "replays",
  /** Rejected by Postgres. */
  "dead_letters",
  /** None of these: they could not be read from the buffer, and were set aside. */
  "set_aside",
] as const;

/** The value of each counter; `received` is the sum of `accepted` and `not_accepted`. */
export type Balance = Readonly<Record<Counter | "received", number>>;

const MODULUS = 2n ** 64n;

/** Adds a number, which may be negative, to a counter. */
export function addToCounter(operation: AtomicOperation, name: Counter, count: number): void {
  // `sum` wraps around, which makes it subtract.
  if (count !== 0) operation.sum(counterKey(name), (BigInt(count) + MODULUS) % MODULUS);
}

/** The number of buffered events across all processes (contract 8.2). */
export async function countBuffered(kv: Kv): Promise<number> {
  return toNumber(await kv.get<KvU64>(counterKey("buffered")));
}

/** Reads all counters from one snapshot. */
export async function readBalance(kv: Kv): Promise<Balance> {
  const entries = await kv.getMany<KvU64[]>(COUNTERS.map(counterKey));
  const balance = Object.fromEntries(
    COUNTERS.map((name, i) => [name, toNumber(entries[i])]),
  ) as Record<Counter, number>;
  // Derived: a counter of its own slowed a commit of twelve events down by 3 %.
  return { ...balance, received: balance.accepted + balance.not_accepted };
}

/** Signed: a counter that went wrong may be negative. */
function toNumber(entry: KvEntryMaybe<KvU64> | undefined): number {
  return Number(BigInt.asIntN(64, entry?.value?.value ?? 0n));
}
