/** Polls for conditions, so that no test sleeps. */

/**
 * Resolves with the first value of `probe` that is not `false`, `null` or `undefined`.
 *
 * @param what names the condition in the error
 * @throws after `timeoutMs`
 */
export async function until<T>(
  probe: () => T | Promise<T>,
  what: string,
  timeoutMs = 15_000,
): Promise<NonNullable<T>> {
  const timeoutAt = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== false && value !== null && value !== undefined) return value as NonNullable<T>;
    if (Date.now() > timeoutAt) {
      throw new Error(`Timed out after ${timeoutMs} ms waiting for ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
