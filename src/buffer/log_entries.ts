/** Reads entries of the log of claims. */

import { noteDamage } from "../kv/damage.ts";
import { KeyEntry } from "../kv/key_entry.ts";
import { KEY_LOG } from "../kv/keys.ts";
import type { Kv, KvKey } from "../kv/port.ts";

/** An entry of keys; `null` where it is damaged: Postgres recognizes its keys. */
export interface NumberedEntry {
  readonly number: number;
  readonly entry: KeyEntry | null;
}

/** An entry of fingerprints. */
export interface FingerprintEntry {
  readonly segment: string;
  /** Epoch milliseconds, for all fingerprints of the entry. */
  readonly deadline: number;
  readonly fingerprints: readonly string[];
}

/** Whether a value is an entry of fingerprints. */
export function isFingerprintEntry(value: unknown): value is FingerprintEntry {
  return typeof value === "object" && value !== null && "fingerprints" in value &&
    Array.isArray(value.fingerprints) &&
    value.fingerprints.every((fingerprint) => typeof fingerprint === "string") &&
    "deadline" in value && typeof value.deadline === "number";
}

/** Reads an entry of keys. */
export function readKeyEntry(kv: Kv, key: KvKey, value: unknown): NumberedEntry {
  const number = key[KEY_LOG.length];
  const entry = isEntryNumber(number) ? KeyEntry.read(value) : null;
  if (entry === null) noteDamage(kv, "claim_log", key);
  return { number: isEntryNumber(number) ? number : 0, entry };
}

/** Whether a value is the number of an entry, with room to count on from. */
export function isEntryNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 52;
}
