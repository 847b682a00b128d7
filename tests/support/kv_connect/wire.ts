/** The wire format of protobuf, as far as KV Connect needs it. */

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/** A field of a message: a number, or the bytes of a text, a message or bytes. */
export type Field =
  | { readonly number: number; readonly value: bigint }
  | { readonly number: number; readonly bytes: Uint8Array };

/**
 * Reads the fields of a message. Those of other wire types are left out: the protocol has none.
 *
 * @throws {RangeError} where it is cut off or malformed
 */
export function* readFields(message: Uint8Array): Generator<Field> {
  let at = 0;
  function readVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError("A number in the message does not end");
  }
  function skip(length: number): number {
    const start = at;
    at += length;
    if (at > message.length) throw new RangeError("The message is cut off");
    return start;
  }
  while (at < message.length) {
    const tag = Number(readVarint());
    const number = tag >>> 3;
    const type = tag & 7;
    if (type === VARINT) yield { number, value: readVarint() };
    else if (type === BYTES) {
      const start = skip(Number(readVarint()));
      yield { number, bytes: message.subarray(start, at) };
    } else if (type === FIXED_64) skip(8);
    else if (type === FIXED_32) skip(4);
    else throw new RangeError(`The wire type ${type} is unknown`);
  }
}

/** A field to write; texts are not needed. */
export type Written = readonly [number: number, value: number | Uint8Array];

/** Writes a message. */
export function writeMessage(fields: readonly Written[]): Uint8Array<ArrayBuffer> {
  const parts = fields.map(([number, value]) => {
    if (typeof value === "number") return [varint(number * 8 + VARINT), varint(value)];
    return [varint(number * 8 + BYTES), varint(value.length), value];
  }).flat();
  const message = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 0x80)) bytes.push(left % 0x80 + 0x80);
  return new Uint8Array([...bytes, left]);
}
