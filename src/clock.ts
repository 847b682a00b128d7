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
