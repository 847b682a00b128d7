/** The number of buffered events, exact across all processes. */

import { BUFFERED } from "./keys.ts";

const MODULUS = 2n ** 64n;

/** Adds `count`, which may be negative, to the number of buffered events. */
export function addBuffered(operation: Deno.AtomicOperation, count: number): void {
  // `sum` wraps around, which makes it subtract.
  operation.sum(BUFFERED, (BigInt(count) + MODULUS) % MODULUS);
}

/** The number of buffered events across all processes (contract 8.2). */
export async function countBuffered(kv: Deno.Kv): Promise<number> {
  const entry = await kv.get<Deno.KvU64>(BUFFERED);
  return Number(entry.value?.value ?? 0n);
}
