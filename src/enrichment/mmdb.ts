/** Databases in MaxMind's format (MMDB). */

import { Buffer } from "node:buffer";
import { Reader } from "mmdb-lib";
import { isV6 } from "../ip_address.ts";

/** A database that maps addresses to records. */
export interface Mmdb {
  /** The type that the file declares, such as `GeoLite2-City`. */
  readonly type: string;
  /** The build time that the file declares. */
  readonly builtAt: Date;
  /** Returns the record of an address (as from `parsePublicAddress`), or `null`. */
  readonly get: (address: string) => unknown;
}

const SEPARATOR_BYTES = 16;
const INVALID = "it is not a MaxMind database (.mmdb), or it is truncated";

/**
 * Parses a database. The result refers to the bytes and needs little additional memory.
 *
 * @throws if the bytes are not a complete database
 */
export function parseMmdb(bytes: Uint8Array<ArrayBuffer>): Mmdb {
  const reader = openReader(bytes);
  const { databaseType, buildEpoch, ipVersion, searchTreeSize } = reader.metadata;
  // The reader checks only the metadata at the end of the file; data before it may be missing.
  const separator = bytes.subarray(searchTreeSize, searchTreeSize + SEPARATOR_BYTES);
  if (separator.length < SEPARATOR_BYTES || separator.some((byte) => byte !== 0)) {
    throw new Error(INVALID);
  }
  return {
    type: databaseType,
    builtAt: buildEpoch,
    get(address) {
      // An IPv4-only database would read the first 32 bits of IPv6 as IPv4.
      return ipVersion === 4 && isV6(address) ? null : reader.get(address);
    },
  };
}

function openReader(bytes: Uint8Array<ArrayBuffer>): Reader<object> {
  try {
    return new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    throw new Error(INVALID, { cause });
  }
}

/** Returns the text at a path in a record; `null` if there is none. */
export function textAt(record: unknown, ...path: readonly (string | number)[]): string | null {
  let value = record;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return null;
    value = (value as Readonly<Record<string | number, unknown>>)[key];
  }
  return typeof value === "string" && value !== "" ? value : null;
}
