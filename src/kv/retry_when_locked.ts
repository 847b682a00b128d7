/**
 * SQLite allows one writing process at a time. Deno KV does not wait for it but fails with "database is
 * locked". An operation that fails this way has had no effect, so it can be retried.
 */

import type { Clock } from "../clock.ts";
import type { Heal } from "./heal.ts";
import { COUNTERS_PREFIX } from "./keys.ts";
import type { AtomicOperation, Kv, KvKey } from "./port.ts";
import type { KvRange } from "./raw_file.ts";

/** Options of `retryWhenLocked`. */
export interface RetryOptions {
  readonly clock: Clock;
  /** Returns a number in [0, 1), for jitter. */
  readonly random: () => number;
  /** Called with every other error, before it is thrown. */
  readonly onError?: (error: unknown) => void;
  /** How long to retry before the error is thrown, 10 s by default. */
  readonly giveUpAfterMs?: number;
  /** Repairs what is damaged, so that an operation that failed for it can be retried. */
  readonly heal?: Heal;
}

const MAX_PAUSE_MS = 16;
const MAX_REPAIRS = 3;

/**
 * Runs `work`, and again while it fails because the KV is locked, or damage was repaired.
 *
 * @param reads the values that it reads
 */
export async function retryWhenLocked<T>(
  work: () => Promise<T>,
  options: RetryOptions,
  reads?: () => readonly KvRange[],
): Promise<T> {
  const { clock, random, giveUpAfterMs = 10_000 } = options;
  const giveUpAt = clock.monotonic() + giveUpAfterMs;
  let repairs = 0;
  for (let pauseMs = 1;; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (reads !== undefined && repairs++ < MAX_REPAIRS && await options.heal?.(error, reads())) {
        continue;
      }
      if (!isLocked(error) || clock.monotonic() >= giveUpAt) {
        options.onError?.(error);
        throw error;
      }
      await clock.sleep(random() * pauseMs);
    }
  }
}

/** Wraps a KV so that reads and commits are retried while another process writes. */
export function retryingKv<K extends Kv>(kv: K, options: RetryOptions): K {
  return new Proxy(kv, {
    get(target, property) {
      switch (property) {
        case "get":
          return (key: KvKey, ...rest: unknown[]) =>
            retryWhenLocked(
              () => Reflect.apply(target.get, target, [key, ...rest]),
              options,
              () => [{ key }],
            );
        case "getMany":
          return (keys: readonly KvKey[], ...rest: unknown[]) =>
            retryWhenLocked(
              () => Reflect.apply(target.getMany, target, [keys, ...rest]),
              options,
              () => keys.map((key) => ({ key })),
            );
        case "set":
        case "delete":
          return (...args: unknown[]) =>
            retryWhenLocked(() => Reflect.apply(target[property], target, args), options);
        case "atomic":
          return () => new RetryingOperation(target.atomic(), options);
        case "list":
          return (...args: Parameters<Kv["list"]>) =>
            new RetryingIterator(target.list(...args), options, args[0]);
        default: {
          const value = Reflect.get(target, property, target);
          // Not `bind`: with Deno 2.5 `using` does not call a bound function.
          return typeof value === "function"
            ? (...args: unknown[]) => Reflect.apply(value, target, args)
            : value;
        }
      }
    },
  });
}

/**
 * An operation whose commit is retried.
 *
 * A class instead of Deno's operation with its `commit` replaced: V8 then kept what each commit
 * referenced, the requests of its group included, until the next full collection. At 15,000 requests a
 * second there was one every 0.6 s, each a pause of 25 ms.
 */
class RetryingOperation implements AtomicOperation {
  readonly #operation: AtomicOperation;
  readonly #options: RetryOptions;

  constructor(operation: AtomicOperation, options: RetryOptions) {
    this.#operation = operation;
    this.#options = options;
  }

  check(...args: Parameters<AtomicOperation["check"]>): this {
    this.#operation.check(...args);
    return this;
  }

  sum(...args: Parameters<AtomicOperation["sum"]>): this {
    this.#operation.sum(...args);
    return this;
  }

  set(...args: Parameters<AtomicOperation["set"]>): this {
    this.#operation.set(...args);
    return this;
  }

  delete(...args: Parameters<AtomicOperation["delete"]>): this {
    this.#operation.delete(...args);
    return this;
  }

  enqueue(...args: Parameters<AtomicOperation["enqueue"]>): this {
    this.#operation.enqueue(...args);
    return this;
  }

  commit(): ReturnType<AtomicOperation["commit"]> {
    return retryWhenLocked(() => this.#operation.commit(), this.#options, readCounters);
  }
}

/** A list whose every step is retried. */
class RetryingIterator<T> implements Deno.KvListIterator<T> {
  readonly #iterator: Deno.KvListIterator<T>;
  readonly #options: RetryOptions;

  readonly #range: KvRange;

  constructor(iterator: Deno.KvListIterator<T>, options: RetryOptions, range: KvRange) {
    this.#iterator = iterator;
    this.#options = options;
    this.#range = range;
  }

  get cursor(): string {
    return this.#iterator.cursor;
  }

  next(): ReturnType<Deno.KvListIterator<T>["next"]> {
    return retryWhenLocked(() => this.#iterator.next(), this.#options, () => [this.#range]);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A commit reads no other values. */
function readCounters(): readonly KvRange[] {
  return [{ prefix: COUNTERS_PREFIX }];
}

function isLocked(error: unknown): boolean {
  return error instanceof Error &&
    /database (?:table )?is locked|database is busy/.test(error.message);
}
