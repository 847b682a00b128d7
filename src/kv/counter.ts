/** The counters: what became of events, exact across all processes, in the commits that make it so. */

import { counterKey } from "./keys.ts";
import type { AtomicOperation, Kv, KvEntryMaybe, KvU64 } from "./port.ts";

/** An counter, as `["counter", <name>]` in KV. */
export type Counter = typeof COUNTERS[number];

/** All counters; `getMany` reads ten keys at a time, as one snapshot. */
export const COUNTERS = [
  /** Events that came in and were not accepted, counted apart from why. */
  "turned_away",
  /** Made durable. */
  "accepted",
  /** Recognised on arrival. */
  "duplicates",
  /** Refused, turned away, or not stored. */
  "rejected",
  /** In the buffer now. */
  "buffered",
  /** Rows by now. */
  "stored",
  /** Recognised at the flush, by a key that had made a row before. */
  "replays",
  /** Refused by Postgres. */
  "dead_letters",
] as const;

/** What stands on each counter, and what came in: accepted or turned away. */
export type Balance = Readonly<Record<Counter | "received", number>>;

const MODULUS = 2n ** 64n;

/** Adds to an counter what may be negative. */
export function addToCounter(operation: AtomicOperation, name: Counter, count: number): void {
  // `sum` wraps around, which makes it subtract.
  if (count !== 0) operation.sum(counterKey(name), (BigInt(count) + MODULUS) % MODULUS);
}

/** The number of buffered events across all processes (contract 8.2). */
export async function countBuffered(kv: Kv): Promise<number> {
  return valueOf(await kv.get<KvU64>(counterKey("buffered")));
}

/** All counters at one moment. */
export async function readBalance(kv: Kv): Promise<Balance> {
  const entries = await kv.getMany<KvU64[]>(COUNTERS.map(counterKey));
  const balance = Object.fromEntries(
    COUNTERS.map((name, i) => [name, valueOf(entries[i])]),
  ) as Record<Counter, number>;
  // Not an counter of its own: a third sum cost a commit of twelve events 3 %.
  return { ...balance, received: balance.accepted + balance.turned_away };
}

/** A difference that should not be may be below nought. */
function valueOf(entry: KvEntryMaybe<KvU64> | undefined): number {
  return Number(BigInt.asIntN(64, entry?.value?.value ?? 0n));
}
