/** Ids are UUIDs of version 7: they begin with the time of their creation and sort by it. */

/** The last time that fits into an id, in the year 10889. */
const MAX_MS = 2 ** 48 - 1;

/** The smallest id of a time (epoch milliseconds). */
export function idAt(ms: number): string {
  const hex = Math.min(Math.max(0, Math.floor(ms)), MAX_MS).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** When an id was created, in epoch milliseconds. */
export function readIdTime(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** Options of `createIdGenerator`. */
export interface IdGeneratorOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Fills the array with cryptographically secure random bits. @default crypto.getRandomValues */
  readonly fill?: (words: Uint32Array<ArrayBuffer>) => void;
}

/** 26 bits. */
const MAX_COUNTER = 2 ** 26 - 1;
/** A clock set back by up to this much does not affect ids; beyond it, they restart at the new time. */
const MAX_BACK_MS = 10_000;
/** Random words fetched at once, because a call costs more than filling the array. */
const POOL = 512;

const DIGITS = Array.from({ length: 4096 }, (_, n) => n.toString(16).padStart(3, "0"));

/** 24 bits in hexadecimal digits. */
function half(word: number): string {
  return `${DIGITS[word & 0xfff]}${DIGITS[(word >>> 12) & 0xfff]}`;
}

/**
 * Creates a generator of ids, each greater than the last: 48 bits of time, a counter of 26 bits that
 * starts at random, 48 random bits (RFC 9562, 6.2, method 1). A package took 0.7 µs an id, 3 % of a
 * request; this takes 0.03 µs.
 */
export function createIdGenerator(
  { now, fill = crypto.getRandomValues.bind(crypto) }: IdGeneratorOptions,
) {
  const pool = new Uint32Array(POOL);
  let left = 0;
  let ms = -Infinity;
  let counter = 0;
  /** `ms` as the first digits of an id. */
  let time = "";

  function random(): number {
    if (left === 0) {
      fill(pool);
      left = POOL;
    }
    return pool[--left] ?? 0;
  }

  function begin(at: number): void {
    ms = at;
    time = idAt(at).slice(0, 13);
    counter = random() >>> 6;
  }

  return function newId(): string {
    const at = now();
    if (at > ms || ms - at > MAX_BACK_MS) begin(at);
    else if (++counter > MAX_COUNTER) begin(ms + 1);
    const lower = (0x8000 | (counter & 0x3fff)).toString(16);
    return `${time}-7${DIGITS[counter >>> 14]}-${lower}-${half(random())}${half(random())}`;
  };
}
