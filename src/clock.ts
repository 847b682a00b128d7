/** Time as a port: what the service knows of it, it is given. */

/** A clock with timers. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds since some moment, for how long something takes: `now` may be set, this may not. */
  monotonic(): number;
  /** Calls `callback` after `ms`; the returned function cancels. */
  after(ms: number, callback: () => void): () => void;
  /** Resolves after `ms`. */
  sleep(ms: number): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const id = setTimeout(callback, ms);
    return () => clearTimeout(id);
  },
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** What `work` comes to, or `null` where it takes longer than `ms`. */
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

/** Resolves after `ms`, or as soon as it is told to stop. */
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
