/** UUIDs and hashes of 128 bits as four words of 32 bits, which typed arrays hold without objects. */

/** Words of a UUID. */
export const WORDS = 4;

/** Appends the 128 bits of a UUID or of 32 hexadecimal digits to `words` at `offset`. */
export function readWords(text: string, words: Uint32Array, offset = 0): void {
  let word = 0;
  let digits = 0;
  for (let at = 0; at < text.length && digits < WORDS * 8; at++) {
    const digit = DIGITS[text.charCodeAt(at)] ?? NONE;
    if (digit === NONE) continue; // a hyphen
    word = (word << 4) | digit;
    digits += 1;
    if (digits % 8 === 0) words[offset + digits / 8 - 1] = word;
  }
}

/** Writes 128 bits as a UUID in lower case. */
export function toUuid(words: ArrayLike<number>, offset = 0): string {
  const hex = toHex(words, offset);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return `${parts.join("-")}-${hex.slice(20)}`;
}

/** Writes 128 bits as 32 hexadecimal digits. */
export function toHex(words: ArrayLike<number>, offset = 0): string {
  let hex = "";
  for (let i = 0; i < WORDS; i++) {
    hex += ((words[offset + i] ?? 0) >>> 0).toString(16).padStart(8, "0");
  }
  return hex;
}

const NONE = 0xff;
/** The value of each hexadecimal digit by its code. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? NONE : value;
});
