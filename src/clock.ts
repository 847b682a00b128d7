/** Time as a port, so that tests can control it. */

/** A clock with timers. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds since an arbitrary moment, for durations: unlike `now`, it is never set back. */
  monotonic(): number;
  /** Calls `callback` after `ms`; the returned function cancels. */
  after(ms: number, callback: () => void): () => void;
  /** Resolves after `ms`. */
  sleep(ms: number): Promise<void>;
}

/** The system clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const id = setTimeout(callback, ms);
    return () => clearTimeout(id);
  },
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Resolves with the result of `work`, or with `null` after `ms`. The work itself is not cancelled. */
export async function within<T>(
  clock: Pick<Clock, "after">,
  ms: number,
  work: Promise<T>,
): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const cancel = clock.after(ms, () => resolve(null));
  try {
    return await Promise.race([work, promise]);
  } finally {
    cancel();
  }
}

/** Resolves after `ms`, or as soon as `stop` is aborted. */
export async function pause(
  clock: Pick<Clock, "after">,
  ms: number,
  stop: AbortSignal,
): Promise<void> {
  if (stop.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const cancel = clock.after(ms, end);
  stop.addEventListener("abort", end, { once: true });
  await promise;
  cancel();
  stop.removeEventListener("abort", end);
}

/** Work that never ends is begun again after this time, in case it was lost. */
const ABANDON_MS = 30_000;

/**
 * Bounds repeated work, such as checks: each call resolves with its result, or with `null` after `ms`.
 * Calls share work that is in progress, so that work that hangs does not pile up.
 */
export function bounded<T>(
  clock: Pick<Clock, "after" | "monotonic">,
  ms: number,
  work: () => Promise<T>,
): () => Promise<T | null> {
  let running: Promise<T> | null = null;
  let since = 0;
  return function run() {
    if (running === null || clock.monotonic() - since > ABANDON_MS) {
      const started = work().finally(() => running = running === started ? null : running);
      running = started;
      since = clock.monotonic();
    }
    return within(clock, ms, running);
  };
}
