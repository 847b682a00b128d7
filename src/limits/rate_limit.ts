/**
 * Rate limits: a token bucket per user or API key or, for anonymous callers, per network (contract 2.8).
 *
 * Each process limits what it receives itself: with several processes, a caller may send as many times
 * the limit.
 */

import type { Clock } from "../clock.ts";
import type { Caller } from "../events/types.ts";
import { toNetworkKey } from "../ip_address.ts";

/** Options of `createRateLimit`. */
export interface RateLimitOptions {
  readonly clock: Pick<Clock, "monotonic">;
  /** The sustained rate of one caller, unless its API key has its own; `null`: no limit. */
  readonly eventsPerSecond: number | null;
  /** Events that a caller with a rate may send at once after a pause. */
  readonly burst: (eventsPerSecond: number) => number;
  /** The bits of an IPv6 address by which anonymous callers are told apart. @default 64 */
  readonly ipv6Prefix?: number;
}

/**
 * Takes tokens for `events` (1 unless given): `null` if there was one, else the seconds until there will
 * be. More than there are leave the caller in debt.
 */
export type RateLimit = (caller: Caller, events?: number) => number | null;

/** The events of one batch arrive within this time. */
const BATCH_MS = 100;

interface Bucket {
  tokens: number;
  /** Events of the current batch rejected so far: they will be retried together. */
  denied: number;
  /** Last refill, on the monotonic clock. */
  at: number;
}

/** Callers remembered, about 10 MB; beyond that, the least recently seen is forgotten. */
const MAX_CALLERS = 50_000;

/** Creates a rate limit; a caller without a rate passes. */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { clock, ipv6Prefix = 64 } = options;
  // Least recently seen first.
  const buckets = new Map<string, Bucket>();

  return function take(caller, events = 1) {
    const eventsPerSecond = caller.key?.eventsPerSecond ?? options.eventsPerSecond;
    if (eventsPerSecond === null) return null;
    const name = nameOf(caller, ipv6Prefix);
    if (name === null) return null;
    const burst = options.burst(eventsPerSecond);
    const now = clock.monotonic();
    const bucket = buckets.get(name) ?? { tokens: burst, denied: 0, at: now };
    if (now - bucket.at > BATCH_MS) bucket.denied = 0;
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) * eventsPerSecond / 1000);
    bucket.at = now;
    buckets.delete(name);
    buckets.set(name, bucket);
    if (buckets.size > MAX_CALLERS) {
      for (const oldest of buckets.keys()) {
        buckets.delete(oldest);
        break;
      }
    }
    if (bucket.tokens >= 1) {
      bucket.tokens -= events;
      return null;
    }
    // By then there is a token for every rejected event of the batch.
    bucket.denied += 1;
    const missing = Math.min(bucket.denied, burst) - bucket.tokens;
    return Math.ceil(missing / eventsPerSecond);
  };
}

/** The bucket of a caller: the API key or the user if known, else the network. */
function nameOf({ key, identity, context }: Caller, ipv6Prefix: number): string | null {
  if (key !== undefined) return `key ${key.id}`;
  if (identity !== null) return `user ${identity.userId}`;
  if (context.ip === null) return null;
  return `network ${toNetworkKey(context.ip, ipv6Prefix)}`;
}
