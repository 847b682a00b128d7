/** Values and keys as PostgreSQL stores them. */

import { Buffer } from "node:buffer";
import { deserialize, serialize } from "node:v8";
import { decodeKey, encodeKey } from "../encoded_key.ts";
import { isU64, type KvKey } from "../port.ts";

/** The first byte of a value, in hexadecimal digits. */
const BYTES = "01";
const CLONE = "02";

/** The columns of a value, as they are read: one of both is `null`. */
export interface StoredValue {
  readonly value: Uint8Array | null;
  /** The value of a counter, as a decimal number. */
  readonly count: string | null;
}

/** The columns of a value, which is structured-cloneable, as they are written: bytes as digits. */
export function toStored(value: unknown): { value: string | null; count: string | null } {
  if (isU64(value)) return { value: null, count: value.value.toString() };
  const hex = value instanceof Uint8Array
    ? BYTES + bytesToHex(value)
    : CLONE + bytesToHex(serialize(value));
  return { value: hex, count: null };
}

/** The value of its columns. */
export function fromStored({ value, count }: StoredValue): unknown {
  if (value === null) return new Deno.KvU64(BigInt(count ?? 0));
  const content = new Uint8Array(value.subarray(1)); // a copy, as the driver's may be a part of a pool
  return value[0] === Number(BYTES) ? content : deserialize(Buffer.from(content.buffer));
}

/** A key in hexadecimal digits, whose order is that of keys; a tenth of the work of `encodeKey`. */
export function toHex(key: KvKey): string {
  let hex = "";
  for (const part of key) {
    if (typeof part === "string" && !part.includes("\0")) {
      hex += `02${Buffer.from(part).toString("hex")}00`;
    } else if (typeof part === "number" && part >= 0) hex += positiveHex(part);
    else hex += Buffer.from(encodeKey([part])).toString("hex");
  }
  return hex;
}

/** A key from its bytes. */
export function toKey(bytes: Uint8Array): KvKey {
  return decodeKey(bytes);
}

/** An array of bytes as PostgreSQL reads it; of hexadecimal digits. */
export function bytesArray(items: readonly (string | null)[]): string {
  return `{${items.map((hex) => hex === null ? "NULL" : `"\\\\x${hex}"`).join()}}`;
}

/** An array of numbers as PostgreSQL reads it. */
export function numberArray(items: readonly (string | number | bigint | null)[]): string {
  return `{${items.map((item) => item ?? "NULL").join()}}`;
}

/** Bytes in hexadecimal digits. */
export function bytesToHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** A versionstamp as Deno KV writes it: 20 hexadecimal digits. */
export function toVersionstamp(stamp: string): string {
  return BigInt(stamp).toString(16).padStart(20, "0");
}

/** The number of a versionstamp; -1, which none has, where it is none. */
export function fromVersionstamp(text: string): string {
  return /^[0-9a-f]{20}$/.test(text) ? BigInt.asIntN(64, BigInt(`0x${text}`)).toString() : "-1";
}

const double = Buffer.alloc(8);

/** A number that is not negative: its bytes with the sign inverted are in the order of numbers. */
function positiveHex(number: number): string {
  double.writeDoubleBE(number + 0); // not the negative zero
  double.writeUInt8(double.readUInt8(0) ^ 0x80, 0);
  return `21${double.toString("hex")}`;
}
