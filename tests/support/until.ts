/** Waits for conditions instead of sleeping. */

/**
 * Resolves with the first value of `probe` that is neither `false`, `null` nor `undefined`.
 *
 * @throws when none comes within `timeoutMs`
 */
export async function until<T>(
  probe: () => T | Promise<T>,
  what: string,
  timeoutMs = 15_000,
): Promise<NonNullable<T>> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== false && value !== null && value !== undefined) return value as NonNullable<T>;
    if (Date.now() > giveUpAt) throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
