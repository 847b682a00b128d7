/** How old what waits in KV is, by the time that its ids (UUID version 7) begin with. */

/** The least id of a moment, in epoch milliseconds. */
export function idAt(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** The moment of an id, in epoch milliseconds. */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/**
 * Seconds since the oldest entry was made, 0 where there is none.
 *
 * @param prefix of keys that go on with an id
 */
export async function oldestAge(kv: Deno.Kv, prefix: Deno.KvKey, now: number): Promise<number> {
  for await (const { key } of kv.list({ prefix }, { limit: 1 })) {
    return Math.max(0, now - timeOf(String(key[prefix.length]))) / 1000;
  }
  return 0;
}
