/** Keys as Deno KV encodes them in its file: tuples, of strings and numbers only. */

import type { KvKey } from "./port.ts";

const STRING = 0x02;
const DOUBLE = 0x21;
const END = 0x00;
/** After a zero byte within a string. */
const ESCAPE = 0xff;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Encodes a key.
 *
 * @throws {TypeError} where a part is neither a string nor a number
 */
export function encodeKey(key: KvKey): Uint8Array {
  return new Uint8Array(key.flatMap((part) => {
    if (typeof part === "number") return [DOUBLE, ...flip(doubleBytes(part), part < 0)];
    if (typeof part !== "string") throw new TypeError(`Cannot encode ${Deno.inspect(part)}`);
    const bytes = [...encoder.encode(part)];
    return [STRING, ...bytes.flatMap((byte) => byte === END ? [END, ESCAPE] : [byte]), END];
  }));
}

/** Decodes a key; it ends before a part that is neither a string nor a number. */
export function decodeKey(bytes: Uint8Array): KvKey {
  const key: KvKey[number][] = [];
  for (let at = 0; at < bytes.length;) {
    const type = bytes[at++];
    if (type === DOUBLE) {
      const flipped = bytes.slice(at, at + 8);
      const isNegative = (flipped[0] ?? 0) < 0x80;
      const double = new Uint8Array(flip(flipped, isNegative));
      key.push(new DataView(double.buffer).getFloat64(0));
      at += 8;
    } else if (type === STRING) {
      const text: number[] = [];
      for (; at < bytes.length; at++) {
        const byte = bytes[at] ?? END;
        if (byte === END && bytes[at + 1] !== ESCAPE) break;
        if (byte === END) at += 1;
        text.push(byte);
      }
      key.push(decoder.decode(new Uint8Array(text)));
      at += 1;
    } else break;
  }
  return key;
}

function doubleBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, number);
  return bytes;
}

/** Makes the order of bytes that of numbers, or the reverse. */
function flip(bytes: Uint8Array, isNegative: boolean): number[] {
  return [...bytes].map((byte, i) => isNegative ? byte ^ 0xff : i === 0 ? byte ^ 0x80 : byte);
}
