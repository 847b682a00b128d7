/**
 * What an API key looks like (contract 13.1): `sluice_key_`, 36 random characters, and 6 of a checksum.
 * The prefix lets secret scanners find keys by one regular expression.
 */

import { createHash } from "node:crypto";
import { crc32 } from "./crc_32.ts";

/** Begins every key. */
export const PREFIX = "sluice_key_";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 214 bits. */
const RANDOM_LENGTH = 36;
const CHECKSUM_LENGTH = 6;
const LENGTH = RANDOM_LENGTH + CHECKSUM_LENGTH;
const SHOWN = 4;

/** Returns as many random bytes as asked for. */
export type RandomBytes = (length: number) => Uint8Array;

/** Makes a new key. */
export function makeKey(randomBytes: RandomBytes): string {
  let random = "";
  while (random.length < RANDOM_LENGTH) {
    for (const byte of randomBytes(RANDOM_LENGTH)) {
      // The remainder of all 256 values would favour the first characters.
      if (byte < 248 && random.length < RANDOM_LENGTH) random += ALPHABET[byte % 62];
    }
  }
  return PREFIX + random + checksumOf(random);
}

/** Why a text that begins like a key is none, as a clause about it; `null` if it is one. */
export function findFault(text: string): string | null {
  const rest = text.slice(PREFIX.length);
  if (rest.length !== LENGTH) {
    return `it has ${rest.length} characters after ${PREFIX}, must have ${LENGTH}`;
  }
  if (!/^[0-9A-Za-z]+$/.test(rest)) return "it has characters other than letters and digits";
  if (checksumOf(rest.slice(0, RANDOM_LENGTH)) === rest.slice(RANDOM_LENGTH)) return null;
  return "its checksum, the last 6 characters, does not fit the others";
}

/** By which a key is stored and found: it cannot be guessed from its hash, so that one is enough. */
export function hashKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** The part of a key by which people tell it from others: its first and last characters. */
export function maskKey(key: string): string {
  const rest = key.slice(PREFIX.length);
  const end = rest.length > LENGTH / 2 ? rest.slice(-SHOWN) : "";
  return `${PREFIX}${rest.slice(0, SHOWN)}…${end}`;
}

function checksumOf(random: string): string {
  let rest = crc32(random);
  let text = "";
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    text = ALPHABET.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
