/** Idempotency keys of work that may be done again. */

const UTF8 = /* @__PURE__ */ new TextEncoder();

/**
 * Derives an idempotency key from a name: the same for the same one, so that a job that is run again
 * makes no second row.
 *
 * @example
 * ```ts
 * const key = await keyOf(`payout ${job.id}`);
 * ```
 */
export async function keyOf(name: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", UTF8.encode(name)));
  const hex = [...hash.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  // Version 8 (RFC 9562, 5.8): bits of one's own.
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${(8 | Number.parseInt(hex.charAt(16), 16) & 3).toString(16)}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join("-");
}
