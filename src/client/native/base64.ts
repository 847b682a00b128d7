/** `atob` for engines without it: Hermes before React Native 0.74. */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Decodes base64 to a text of bytes, with or without padding. */
export function decodeBase64(base64: string): string {
  const bits = [...base64.replace(/=+$/, "")]
    .map((digit) => DIGITS.indexOf(digit).toString(2).padStart(6, "0")).join("");
  const bytes = bits.match(/.{8}/g) ?? [];
  return bytes.map((byte) => String.fromCharCode(parseInt(byte, 2))).join("");
}
