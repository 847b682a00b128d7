/** The messages of KV Connect's data path: `datapath.proto` of denokv, without what only `watch` needs. */

import { readFields, writeMessage, type Written } from "./wire.ts";

/** A range of keys to read, from `start` (inclusive) to `end` (exclusive). */
export interface ReadRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
  readonly limit: number;
  readonly reverse: boolean;
}

/** An entry that was read. */
export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly encoding: number;
  /** Ten bytes. */
  readonly versionstamp: Uint8Array;
}

/** What a key has to have: a versionstamp of ten bytes, or an empty one if it must be absent. */
export interface Check {
  readonly key: Uint8Array;
  readonly versionstamp: Uint8Array;
}

/** The kinds of mutations that there are here; the protocol has more. */
export const MUTATION = { set: 1, delete: 2, sum: 3 } as const;

/** The encodings of values. */
export const ENCODING = { v8: 1, counter: 2, bytes: 3 } as const;

/** A change of an entry. */
export interface Mutation {
  readonly key: Uint8Array;
  /** `null` in a deletion. */
  readonly value: { readonly data: Uint8Array; readonly encoding: number } | null;
  readonly kind: number;
  /** Epoch milliseconds; 0 and -1: never. */
  readonly expireAtMs: number;
}

/** Changes that are committed together. */
export interface AtomicWrite {
  readonly checks: readonly Check[];
  readonly mutations: readonly Mutation[];
  /** The messages for a queue: their number, as none is ever delivered over KV Connect. */
  readonly enqueues: number;
}

const EMPTY = new Uint8Array();

/** The fields of a message by their numbers; of those that are repeated, all. */
class Message {
  readonly #numbers = new Map<number, bigint>();
  readonly #bytes = new Map<number, Uint8Array[]>();

  constructor(message: Uint8Array) {
    for (const field of readFields(message)) {
      if ("value" in field) this.#numbers.set(field.number, field.value);
      else this.#bytes.set(field.number, [...this.all(field.number), field.bytes]);
    }
  }

  all(number: number): readonly Uint8Array[] {
    return this.#bytes.get(number) ?? [];
  }

  bytes(number: number): Uint8Array {
    return this.all(number).at(-1) ?? EMPTY;
  }

  /** Negative numbers take 64 bits. */
  int(number: number): number {
    return Number(BigInt.asIntN(64, this.#numbers.get(number) ?? 0n));
  }
}

/** Reads a `SnapshotRead`. */
export function readSnapshotRead(bytes: Uint8Array): ReadRange[] {
  return new Message(bytes).all(1).map((range) => {
    const message = new Message(range);
    return {
      start: message.bytes(1),
      end: message.bytes(2),
      limit: message.int(3),
      reverse: message.int(4) !== 0,
    };
  });
}

/** Writes a `SnapshotReadOutput`: a list of entries for each range. */
export function writeSnapshotReadOutput(
  ranges: readonly (readonly Entry[])[],
): Uint8Array<ArrayBuffer> {
  return writeMessage([
    ...ranges.map((
      entries,
    ): Written => [1, writeMessage(entries.map((entry) => [1, write(entry)]))]),
    [4, 1], // strongly consistent
    [8, 1], // success
  ]);
}

function write({ key, value, encoding, versionstamp }: Entry): Uint8Array {
  return writeMessage([[1, key], [2, value], [3, encoding], [4, versionstamp]]);
}

/** Reads an `AtomicWrite`. */
export function readAtomicWrite(bytes: Uint8Array): AtomicWrite {
  const write = new Message(bytes);
  return {
    checks: write.all(1).map((check) => {
      const message = new Message(check);
      return { key: message.bytes(1), versionstamp: message.bytes(2) };
    }),
    mutations: write.all(2).map(readMutation),
    enqueues: write.all(3).length,
  };
}

function readMutation(bytes: Uint8Array): Mutation {
  const message = new Message(bytes);
  const value = message.all(2).at(-1);
  return {
    key: message.bytes(1),
    value: value === undefined ? null : readValue(value),
    kind: message.int(3),
    expireAtMs: message.int(4),
  };
}

function readValue(bytes: Uint8Array): Mutation["value"] {
  const message = new Message(bytes);
  return { data: message.bytes(1), encoding: message.int(2) };
}

/** Writes an `AtomicWriteOutput`; `null`: a check failed. */
export function writeAtomicWriteOutput(versionstamp: Uint8Array | null): Uint8Array<ArrayBuffer> {
  return writeMessage(versionstamp === null ? [[1, 2]] : [[1, 1], [2, versionstamp]]);
}
