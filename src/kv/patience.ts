/**
 * SQLite lets one process write at a time, and Deno KV tells the others "database is locked" at
 * once instead of waiting. Such an operation certainly did nothing, so it is tried again.
 */

import type { Clock } from "../clock.ts";

/** How to wait for a locked KV. */
export interface PatienceOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** How long to try before the error is passed on. */
  readonly patienceMs?: number;
}

const MAX_PAUSE_MS = 16;

/** Runs `work` until the KV is not locked. */
export async function patiently<T>(work: () => Promise<T>, options: PatienceOptions): Promise<T> {
  const { clock, random, patienceMs = 10_000 } = options;
  const giveUpAt = clock.monotonic() + patienceMs;
  for (let pauseMs = 1;; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isLocked(error) || clock.monotonic() >= giveUpAt) throw error;
      await clock.sleep(random() * pauseMs);
    }
  }
}

/** A KV whose reads and commits wait while another process writes. */
export function patientKv(kv: Deno.Kv, options: PatienceOptions): Deno.Kv {
  return new Proxy(kv, {
    get(target, property) {
      switch (property) {
        case "get":
        case "getMany":
        case "set":
        case "delete":
          return (...args: unknown[]) =>
            patiently(() => Reflect.apply(target[property], target, args), options);
        case "atomic":
          return () => {
            // Its methods return itself, so the patched commit stays in the chain.
            const operation = target.atomic();
            const commit = operation.commit.bind(operation);
            operation.commit = () => patiently(commit, options);
            return operation;
          };
        case "list":
          return (...args: Parameters<Deno.Kv["list"]>) => {
            const iterator = target.list(...args);
            const next = iterator.next.bind(iterator);
            iterator.next = () => patiently(next, options);
            return iterator;
          };
        default: {
          const value = Reflect.get(target, property, target);
          return typeof value === "function" ? value.bind(target) : value;
        }
      }
    },
  });
}

function isLocked(error: unknown): boolean {
  return error instanceof Error &&
    /database (?:table )?is locked|database is busy/.test(error.message);
}
