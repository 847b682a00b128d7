/** CRC-32 as in gzip: tells a mistyped key from an unknown one. */

const POLYNOMIAL = 0xedb88320;

/** The CRC-32 of ASCII text, an unsigned 32-bit number. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  return ~crc >>> 0;
}
