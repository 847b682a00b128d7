/**
 * Text in KV as UTF-8. A string takes two bytes a character as soon as one of them is above U+00FF, so
 * only the bytes of a `Uint8Array` tell whether a value, or a commit of several, is within the limits.
 */

import { noteDamage } from "./damage.ts";
import { MAX_ATOMIC_BYTES, MAX_VALUE_BYTES } from "./limits.ts";
import type { Kv, KvKey } from "./port.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Few enough for the keys of one operation, too. */
const MAX_SETS = 200;

/** A text to store. */
export interface KvText {
  readonly key: KvKey;
  readonly text: string;
}

/**
 * Stores texts in as many commits as their bytes need. A text that no value can hold is left out.
 *
 * @param expireIn milliseconds
 */
export async function setTexts(
  kv: Kv,
  texts: readonly KvText[],
  expireIn: number,
): Promise<void> {
  let operation = kv.atomic();
  let sets = 0;
  let total = 0;
  for (const { key, text } of texts) {
    const bytes = encoder.encode(text);
    if (bytes.length > MAX_VALUE_BYTES) continue;
    if (sets === MAX_SETS || total + bytes.length > MAX_ATOMIC_BYTES) {
      await operation.commit();
      operation = kv.atomic();
      sets = 0;
      total = 0;
    }
    operation.set(key, bytes, { expireIn });
    sets += 1;
    total += bytes.length;
  }
  if (sets > 0) await operation.commit();
}

/** Reads a text stored by `setTexts`, or by an earlier version as a string; `null` where it is neither. */
export async function getText(kv: Kv, key: KvKey): Promise<string | null> {
  const { value } = await kv.get<unknown>(key);
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return decoder.decode(value);
  if (value !== null) noteDamage(kv, "context", key);
  return null;
}
