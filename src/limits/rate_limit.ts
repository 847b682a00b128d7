/**
 * Limits what one caller may send: a token bucket each, by user or by address (contract 2.8).
 *
 * A process limits what it sees itself; behind several processes a caller gets as many times more.
 */

import type { Clock } from "../clock.ts";
import type { Caller } from "../events/types.ts";
import { toNetworkKey } from "./network.ts";

/** How many events a caller may send. */
export interface RateLimitOptions {
  readonly clock: Pick<Clock, "monotonic">;
  /** Events that a caller may send in the long run; `null`: as many as they like. */
  readonly eventsPerSecond: number | null;
  /** Events that may come at once after a quiet time. */
  readonly burst: number;
}

/** Takes an event's token; `null`: it may pass, else the seconds after which one certainly may. */
export type RateLimit = (caller: Caller) => number | null;

/** Events of one batch come within. */
const BATCH_MS = 100;

interface Bucket {
  tokens: number;
  /** Events turned away at this moment, which will come again together. */
  denied: number;
  /** By the monotonic clock. */
  at: number;
}

/** Callers that are remembered: about 10 MB. Beyond, the one not seen for longest is forgotten. */
const MAX_CALLERS = 50_000;

/** Makes a limit. */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { clock, eventsPerSecond, burst } = options;
  if (eventsPerSecond === null) return () => null;
  const perMs = eventsPerSecond / 1000;
  // In the order in which callers were last seen: the first may be forgotten.
  const buckets = new Map<string, Bucket>();

  return function take(caller) {
    const name = nameOf(caller);
    if (name === null) return null;
    const now = clock.monotonic();
    const bucket = buckets.get(name) ?? { tokens: burst, denied: 0, at: now };
    if (now - bucket.at > BATCH_MS) bucket.denied = 0;
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) * perMs);
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
      bucket.tokens -= 1;
      return null;
    }
    // True for the last of a batch as well: by then there is a token for each that was turned away.
    bucket.denied += 1;
    const missing = Math.min(bucket.denied, burst) - bucket.tokens;
    return Math.ceil(missing / eventsPerSecond);
  };
}

/** By user where one is known, else by the network that one household has. */
function nameOf({ identity, context }: Caller): string | null {
  if (identity !== null) return `user ${identity.userId}`;
  if (context.ip === null) return null;
  return `network ${toNetworkKey(context.ip)}`;
}
