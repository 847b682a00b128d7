/** Reads the idempotency keys that were claimed before a process started. */

import { getLogger } from "@logtape/logtape";
import { type Clock, within } from "../clock.ts";
import { IDEMPOTENCY, KEY_LOG, keyLogKey } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";
import { readWords, WORDS } from "../kv/uuid_words.ts";
import type { KeyIndex } from "./key_index.ts";
import { readKeyEntry } from "./log_entries.ts";

/** Options of `OlderKeys`. */
export interface OlderKeysOptions {
  readonly kv: Kv;
  readonly clock: Pick<Clock, "after">;
  readonly index: KeyIndex;
}

/** In place of an entry's number: the key has a claim of its own, by a version or a setting without a log. */
export const OWN_CLAIM = 0xffffffff;

const MAX_WAIT_MS = 2_000;

const logger = getLogger(["sluice", "buffer"]);

/** Adds the keys of older entries to the index, until its memory is full. */
export class OlderKeys {
  readonly #options: OlderKeysOptions;
  /** Counts the calls of `read`: an earlier one ends. */
  #turn = 0;
  /** Where reading failed. */
  #failedBefore: number | null = null;

  constructor(options: OlderKeysOptions) {
    this.#options = options;
  }

  /**
   * Reads all entries before a number, newest first, and then the claims that keys have of their own.
   * Resolves after two seconds at most, and goes on in the background.
   */
  async read(before: number): Promise<void> {
    this.#turn += 1;
    this.#failedBefore = null;
    await within(this.#options.clock, MAX_WAIT_MS, this.#readBefore(before, this.#turn));
  }

  /** Goes on where reading failed, if it did. */
  async retry(): Promise<void> {
    if (this.#failedBefore !== null) await this.read(this.#failedBefore);
  }

  async #readBefore(before: number, turn: number): Promise<void> {
    const { kv, index } = this.#options;
    let rest = before;
    try {
      const range = { prefix: KEY_LOG, end: keyLogKey(before) };
      for await (const { key, value } of kv.list<unknown>(range, { reverse: true })) {
        if (turn !== this.#turn) return;
        const { number, entry } = readKeyEntry(kv, key, value);
        rest = number;
        if (entry !== null && !index.addOlder(entry.keys, number)) return;
      }
      const words = new Uint32Array(WORDS);
      for await (const { key } of kv.list<unknown>({ prefix: IDEMPOTENCY })) {
        if (turn !== this.#turn) return;
        readWords(String(key[IDEMPOTENCY.length]), words.fill(0));
        if (!index.addOlder(words, OWN_CLAIM)) return;
      }
    } catch (error) {
      if (turn === this.#turn) this.#failedBefore = rest;
      logger.warn("Not all recent idempotency keys could be read yet: {error}", { error });
    }
  }
}
