/**
 * SQLite allows one writing process at a time. Deno KV does not wait for it but fails with "database is
 * locked". An operation that fails this way has had no effect, so it can be retried.
 */

import type { Clock } from "../clock.ts";
import type { AtomicOperation, Kv } from "./port.ts";

/** Options of `retryWhenLocked`. */
export interface RetryOptions {
  readonly clock: Clock;
  /** Returns a number in [0, 1), for jitter. */
  readonly random: () => number;
  /** Called with every other error, before it is thrown. */
  readonly onError?: (error: unknown) => void;
  /** How long to retry before the error is thrown, 10 s by default. */
  readonly giveUpAfterMs?: number;
}

const MAX_PAUSE_MS = 16;

/** Runs `work`, and again while it fails because the KV is locked. */
export async function retryWhenLocked<T>(
  work: () => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { clock, random, giveUpAfterMs = 10_000 } = options;
  const giveUpAt = clock.monotonic() + giveUpAfterMs;
  for (let pauseMs = 1;; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
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
        case "getMany":
        case "set":
        case "delete":
          return (...args: unknown[]) =>
            retryWhenLocked(() => Reflect.apply(target[property], target, args), options);
        case "atomic":
          return () => new RetryingOperation(target.atomic(), options);
        case "list":
          return (...args: Parameters<Kv["list"]>) =>
            new RetryingIterator(target.list(...args), options);
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
    return retryWhenLocked(() => this.#operation.commit(), this.#options);
  }
}

/** A list whose every step is retried. */
class RetryingIterator<T> implements Deno.KvListIterator<T> {
  readonly #iterator: Deno.KvListIterator<T>;
  readonly #options: RetryOptions;

  constructor(iterator: Deno.KvListIterator<T>, options: RetryOptions) {
    this.#iterator = iterator;
    this.#options = options;
  }

  get cursor(): string {
    return this.#iterator.cursor;
  }

  next(): ReturnType<Deno.KvListIterator<T>["next"]> {
    return retryWhenLocked(() => this.#iterator.next(), this.#options);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Error &&
    /database (?:table )?is locked|database is busy/.test(error.message);
}
