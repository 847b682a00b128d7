/** Databases in MaxMind's format. */

import { Buffer } from "node:buffer";
import { Reader } from "mmdb-lib";
import { isV6 } from "../ip_address.ts";

/** A database of addresses. */
export interface Mmdb {
  /** What the file says it is, like `GeoLite2-City`. */
  readonly type: string;
  /** When it was made. */
  readonly builtAt: Date;
  /** The record of an address, as `publicAddress` writes it; `null` where there is none. */
  readonly get: (address: string) => unknown;
}

const SEPARATOR_BYTES = 16;
const NOT_WHOLE = "it is no MaxMind database (.mmdb), or not a whole one";

/**
 * Reads a database. It keeps the bytes, and little besides.
 *
 * @throws for bytes that are no such database, or not all of it
 */
export function parseMmdb(bytes: Uint8Array<ArrayBuffer>): Mmdb {
  const reader = openReader(bytes);
  const { databaseType, buildEpoch, ipVersion, searchTreeSize } = reader.metadata;
  // The reader itself looks at the metadata only, which a file may end with and yet lack its middle.
  const separator = bytes.subarray(searchTreeSize, searchTreeSize + SEPARATOR_BYTES);
  if (separator.length < SEPARATOR_BYTES || separator.some((byte) => byte !== 0)) {
    throw new Error(NOT_WHOLE);
  }
  return {
    type: databaseType,
    builtAt: buildEpoch,
    get(address) {
      // A database of IPv4 alone would read the first 32 bits of IPv6 as IPv4.
      return ipVersion === 4 && isV6(address) ? null : reader.get(address);
    },
  };
}

function openReader(bytes: Uint8Array<ArrayBuffer>): Reader<object> {
  try {
    return new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    throw new Error(NOT_WHOLE, { cause });
  }
}

/** The text that stands at a path in a record; `null` where there is none. */
export function textAt(record: unknown, ...path: readonly (string | number)[]): string | null {
  let value = record;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return null;
    value = (value as Readonly<Record<string | number, unknown>>)[key];
  }
  return typeof value === "string" && value !== "" ? value : null;
}
