/**
 * The idempotency keys in the log of claims, as this process knows them: which entry may have a key
 * (`key_index.ts`). A lookup reads the entry (`key_lookup.ts`), so that what it finds is exact.
 *
 * A new process reads the entries backwards, and goes on in the background after two seconds: an hour of
 * keys must not hold up the start. Keys that are not known yet are accepted, and Postgres recognizes them.
 */

import { KEY_LOG, keyLogKey } from "../kv/keys.ts";
import { readWords, WORDS } from "../kv/uuid_words.ts";
import { readKeyEntry } from "./log_entries.ts";
import { OlderKeys, type OlderKeysOptions, OWN_CLAIM } from "./older_keys.ts";

/** Entries that are always read at the start; if the result of the first commit was lost, it is among them. */
const FIRST_ENTRIES = 50;
/** A process that is further behind, as it was idle, starts anew: about 20 MB, a third of a second. */
const MAX_BEHIND = 2_000;
/** Entries of others that are searched for a key without reading them all. */
const MAX_SEARCHED = 1_000;
const TWO_32 = 2 ** 32;

/** Where the claim of a key may be. */
export interface ClaimPlaces {
  /** Numbers of entries, newest first. */
  readonly entries: readonly number[];
  /** Whether the key may have a claim of its own. */
  readonly isOwn: boolean;
}

/** This process's view of the keys in the log. */
export class KeyLog {
  readonly #options: OlderKeysOptions;
  #unread = 0;
  #isStarted = false;
  readonly #older: OlderKeys;
  readonly #words = new Uint32Array(WORDS);

  constructor(options: OlderKeysOptions) {
    this.#options = options;
    this.#older = new OlderKeys(options);
  }

  /** The number of the next entry to read. */
  get unread(): number {
    return this.#unread;
  }

  /** Where the claim of a key may be, in the entries that were read. */
  placesOf(key: string): ClaimPlaces {
    readWords(key, this.#words);
    const found = new Set(this.#options.index.find(this.#words));
    const entries = [...found].map((low) => this.#unread - modulo(this.#unread - low, TWO_32))
      .filter((number) => number >= 0)
      .sort((a, b) => b - a);
    return { entries, isOwn: found.has(OWN_CLAIM) };
  }

  /** Whether a key may be claimed; without a read of KV. */
  mayHold(key: string): boolean {
    readWords(key, this.#words);
    return this.#options.index.find(this.#words).length > 0;
  }

  /** Adds the keys of an entry that this process committed after all others. */
  onCommitted(keys: readonly string[], number: number): void {
    const words = new Uint32Array(keys.length * WORDS);
    keys.forEach((key, i) => readWords(key, words, i * WORDS));
    this.#options.index.add(words, number);
    this.#unread = number + 1;
  }

  /**
   * Reads the entries added since. Returns whether one of `segment` is among them.
   *
   * @param head the number of the next entry; if it is lower than those read, it was damaged
   */
  async catchUp(segment: string | null, head: number): Promise<boolean> {
    const isFar = head < this.#unread || head - this.#unread > MAX_BEHIND;
    if (!this.#isStarted || isFar) return await this.#start(segment);
    let isAdded = false;
    let unread = this.#unread;
    const range = { prefix: KEY_LOG, start: keyLogKey(unread) };
    for await (const { key, value } of this.#options.kv.list<unknown>(range)) {
      const { number, entry } = readKeyEntry(this.#options.kv, key, value);
      unread = Math.max(unread, number + 1);
      if (entry?.segment === segment) isAdded = true;
      if (entry !== null) this.#options.index.add(entry.keys, number);
    }
    this.#unread = unread;
    await this.#older.retry();
    return isAdded;
  }

  /** The values of the entries that others added since the last read, newest first. */
  async *newer(): AsyncGenerator<unknown> {
    const range = { prefix: KEY_LOG, start: keyLogKey(this.#unread) };
    const options = { reverse: true, limit: MAX_SEARCHED };
    for await (const { value } of this.#options.kv.list<unknown>(range, options)) yield value;
  }

  async #start(segment: string | null): Promise<boolean> {
    const { kv, index } = this.#options;
    index.clear();
    let isAdded = false;
    let unread = this.#unread;
    let oldest = Infinity;
    const newest = kv.list<unknown>({ prefix: KEY_LOG }, { reverse: true, limit: FIRST_ENTRIES });
    for await (const { key, value } of newest) {
      const { number, entry } = readKeyEntry(this.#options.kv, key, value);
      oldest = Math.min(oldest, number);
      unread = Math.max(unread, number + 1);
      if (entry?.segment === segment) isAdded = true;
      if (entry !== null) index.addOlder(entry.keys, number);
    }
    this.#unread = unread;
    this.#isStarted = true;
    await this.#older.read(oldest);
    return isAdded;
  }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
