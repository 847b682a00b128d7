/**
 * Polls for conditions, so that no test sleeps. The timeout is long, as it only delays a test that fails:
 * on a busy machine everything takes many times as long as on an idle one.
 */

/**
 * Resolves with the first value of `probe` that is not `false`, `null` or `undefined`.
 *
 * @param what names the condition in the error
 * @throws after `timeoutMs`
 */
export async function until<T>(
  probe: () => T | Promise<T>,
  what: string,
  timeoutMs = 60_000,
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
