/**
 * Entries as a few parameters: all of their bytes are one, with the places of keys and values in it. Of
 * lists of bytes PostgreSQL reads every character twice, which was half of its work for a commit.
 */

import { numberArray, toStored } from "./values.ts";

/** An entry to be written. */
export interface NewEntry {
  /** See `toKeyText`. */
  readonly key: string;
  readonly value: unknown;
  readonly lifetimeMs: number | null;
}

/**
 * The parameters: the bytes, the start of each key, its length, that of the value behind it, and the
 * lifetime in milliseconds.
 */
export function packEntries(entries: readonly NewEntry[]): string[] {
  const values = entries.map(({ value }) => toStored(value));
  const starts: number[] = [];
  let length = 0;
  entries.forEach(({ key }, i) => {
    starts.push(length + 1); // as SQL counts
    length += key.length + (values[i]?.length ?? 0);
  });
  const bytes = new Uint8Array(length);
  entries.forEach(({ key }, i) => {
    const start = (starts[i] ?? 1) - 1;
    write(bytes, start, key);
    write(bytes, start + key.length, values[i] ?? "");
  });
  return [
    `\\x${bytes.toHex()}`,
    numberArray(starts),
    numberArray(entries.map(({ key }) => key.length)),
    numberArray(values.map((value) => value.length)),
    numberArray(entries.map(({ lifetimeMs }) => lifetimeMs)),
  ];
}

function write(target: Uint8Array, start: number, bytes: Uint8Array | string): void {
  if (typeof bytes !== "string") target.set(bytes, start);
  // A call of the encoder takes longer for texts of this length.
  else for (let i = 0; i < bytes.length; i++) target[start + i] = bytes.charCodeAt(i);
}
