/**
 * An entry of the log of claims with the idempotency keys of one commit. In bytes, 48 for each key and
 * about 60 for all: an hour of keys takes a quarter of the room of claims of their own.
 *
 * Format (1), time of the commit and deadline (8 each), number of segments (1), each with the number of
 * its keys (2), the length (1) and the text of its id; then for each key, in the order of the segments,
 * the key, the id of its event and the hash of its content (16 each).
 */

import type { Claim } from "./claim.ts";
import { readWords, toHex, toUuid, WORDS } from "./uuid_words.ts";

/** An idempotency key that a commit claims. */
export interface KeyClaim {
  readonly key: string;
  readonly eventId: string;
  readonly contentHash: string;
  /** The segment that holds the event. */
  readonly segment: string;
}

/** The format of entries; a reader takes any other for damage, and the keys for unclaimed. */
const FORMAT = 1;
const HEADER_BYTES = 18;
const RECORD_BYTES = 48;
const WORD_BYTES = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const scratch = new Uint32Array(WORDS);

/**
 * Encodes an entry.
 *
 * @param segment the first segment of the commit, which identifies it
 * @param claims in the order of their segments
 */
export function encodeKeyEntry(
  { segment, at, deadline }: Pick<KeyEntry, "segment" | "at" | "deadline">,
  claims: readonly KeyClaim[],
): Uint8Array {
  const counts = new Map([[segment, 0]]);
  for (const claim of claims) counts.set(claim.segment, (counts.get(claim.segment) ?? 0) + 1);
  const segments = [...counts].map(([id, count]) => ({ id: encoder.encode(id), count }));
  const tableBytes = segments.reduce((sum, { id }) => sum + 3 + id.length, 0);
  const bytes = new Uint8Array(HEADER_BYTES + tableBytes + claims.length * RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FORMAT);
  view.setFloat64(1, at);
  view.setFloat64(9, deadline);
  view.setUint8(17, segments.length);
  let offset = HEADER_BYTES;
  for (const { id, count } of segments) {
    view.setUint16(offset, count);
    view.setUint8(offset + 2, id.length);
    bytes.set(id, offset + 3);
    offset += 3 + id.length;
  }
  for (const { key, eventId, contentHash } of claims) {
    for (const text of [key, eventId, contentHash]) {
      readWords(text, scratch);
      for (const word of scratch) {
        view.setUint32(offset, word);
        offset += WORD_BYTES;
      }
    }
  }
  return bytes;
}

/** A segment, and the index after its last key. */
interface SegmentRange {
  readonly id: string;
  readonly end: number;
}

/** An entry that was read. */
export class KeyEntry {
  /** The first segment of the commit. */
  readonly segment: string;
  /** When the commit was made, in epoch milliseconds. */
  readonly at: number;
  /** When its claims end, in epoch milliseconds. */
  readonly deadline: number;
  /** All keys, four words each. */
  readonly keys: Uint32Array;
  readonly #view: DataView;
  readonly #records: number;
  readonly #segments: readonly SegmentRange[];

  private constructor(view: DataView, segments: readonly SegmentRange[], records: number) {
    this.#view = view;
    this.#segments = segments;
    this.#records = records;
    this.segment = segments[0]?.id ?? "";
    this.at = view.getFloat64(1);
    this.deadline = view.getFloat64(9);
    const count = (view.byteLength - records) / RECORD_BYTES;
    this.keys = new Uint32Array(count * WORDS);
    for (let i = 0; i < count; i++) this.#copyWords(i, 0, this.keys, i * WORDS);
  }

  /** Reads a value of KV; `null` where it is damaged. */
  static read(value: unknown): KeyEntry | null {
    if (!(value instanceof Uint8Array) || value.length < HEADER_BYTES) return null;
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    if (view.getUint8(0) !== FORMAT) return null;
    const segments: SegmentRange[] = [];
    let offset = HEADER_BYTES;
    let end = 0;
    for (let i = 0; i < view.getUint8(17); i++) {
      if (offset + 3 > value.length) return null;
      end += view.getUint16(offset);
      const length = view.getUint8(offset + 2);
      segments.push({ id: decoder.decode(value.subarray(offset + 3, offset + 3 + length)), end });
      offset += 3 + length;
    }
    if (offset + end * RECORD_BYTES !== value.length || segments.length === 0) return null;
    const entry = new KeyEntry(view, segments, offset);
    return Number.isFinite(entry.at) && Number.isFinite(entry.deadline) ? entry : null;
  }

  /** The claim of a key, `null` if the entry has none. */
  find(key: string): Claim | null {
    readWords(key, scratch);
    const [a, b, c, d] = scratch;
    for (let i = 0; i < this.keys.length; i += WORDS) {
      const { keys } = this;
      const isKey = keys[i] === a && keys[i + 1] === b && keys[i + 2] === c && keys[i + 3] === d;
      if (isKey) return this.#claimAt(i / WORDS);
    }
    return null;
  }

  /** All claims with their keys. */
  *claims(): Generator<{ readonly key: string; readonly claim: Claim }> {
    for (let i = 0; i < this.keys.length; i += WORDS) {
      yield { key: toUuid(this.keys, i), claim: this.#claimAt(i / WORDS) };
    }
  }

  #claimAt(index: number): Claim {
    const words = new Uint32Array(2 * WORDS);
    this.#copyWords(index, WORDS, words, 0);
    this.#copyWords(index, 2 * WORDS, words, WORDS);
    return {
      deadline: this.deadline,
      eventId: toUuid(words),
      segment: this.#segments.find(({ end }) => index < end)?.id ?? "",
      contentHash: toHex(words, WORDS),
    };
  }

  #copyWords(index: number, from: number, words: Uint32Array, offset: number): void {
    const start = this.#records + index * RECORD_BYTES + from * WORD_BYTES;
    for (let i = 0; i < WORDS; i++) {
      words[offset + i] = this.#view.getUint32(start + i * WORD_BYTES);
    }
  }
}
