/**
 * The counters of events, exact across all processes: each changes in the same commit that moves the
 * events.
 */

import { counterKey } from "./keys.ts";
import { type AtomicOperation, isU64, type Kv, type KvEntryMaybe } from "./port.ts";

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

/**
 * Adds numbers, which may be negative, to counters. Has to come before every other change of an operation:
 * where a counter is damaged, Deno KV still applies what comes before its `sum`. So all counters but the
 * first are touched before any is changed.
 */
export function addToCounters(
  operation: AtomicOperation,
  counts: Partial<Readonly<Record<Counter, number>>>,
): void {
  const changes = (Object.entries(counts) as [Counter, number][]).filter(([, count]) =>
    count !== 0
  );
  for (const [name] of changes.slice(1)) operation.sum(counterKey(name), 0n);
  for (const [name, count] of changes) add(operation, name, count);
}

/**
 * Counts events that an operation puts into the buffer; has to come before its other changes, too. Touching
 * a counter first made this, the most frequent commit, 1 to 5 % slower on a disk, 7 % in memory. Instead
 * `accepted` comes last: where that is damaged, `buffered` may be too high and is recomputed along with it.
 */
export function addAccepted(operation: AtomicOperation, count: number): void {
  add(operation, "buffered", count);
  add(operation, "accepted", count);
}

function add(operation: AtomicOperation, name: Counter, count: number): void {
  // `sum` wraps around, which makes it subtract.
  operation.sum(counterKey(name), (BigInt(count) + MODULUS) % MODULUS);
}

/** The number of buffered events across all processes (contract 8.2). */
export async function countBuffered(kv: Kv): Promise<number> {
  return readCounter(await kv.get<unknown>(counterKey("buffered"))) ?? 0;
}

/** Reads all counters from one snapshot. */
export async function readBalance(kv: Kv): Promise<Balance> {
  const entries = await kv.getMany<unknown[]>(COUNTERS.map(counterKey));
  const balance = Object.fromEntries(
    COUNTERS.map((name, i) => [name, readCounter(entries[i]) ?? 0]),
  ) as Record<Counter, number>;
  // Derived: a counter of its own slowed a commit of twelve events down by 3 %.
  return { ...balance, received: balance.accepted + balance.not_accepted };
}

/**
 * Reads a counter: 0 where there is none, `null` where it is damaged. Signed: one that went wrong may be
 * negative.
 */
export function readCounter(entry: KvEntryMaybe<unknown> | undefined): number | null {
  if (entry === undefined || entry.versionstamp === null) return 0;
  if (!isU64(entry.value)) return null;
  const count = Number(BigInt.asIntN(64, entry.value.value));
  return Number.isSafeInteger(count) ? count : null;
}
