/**
 * A store that answers in time, and in order for each key. Nothing rejects.
 *
 * An operation that takes too long counts as failed. Until the store answers again, none is waited for.
 */

import type { Page } from "../page.ts";
import type { AsyncStore } from "./types.ts";

/** A cold start of an app keeps its storage busy for seconds. */
const DEADLINE_MS = 5_000;

/** A store whose operations always come to an end. */
export interface PatientStore {
  /** All keys, or undefined if that failed. */
  _keys(): Promise<readonly string[] | undefined>;
  /** Texts of keys, `null` where missing and undefined where that failed. */
  _read(keys: readonly string[]): Promise<readonly (string | null | undefined)[]>;
  /** Writes a text, or removes it with `null`; the last call for a key wins. Resolves to whether it is done. */
  _set(key: string, text: string | null): Promise<boolean>;
  /** Removes keys after all that is being written to them. Resolves to whether it is done. */
  _remove(keys: readonly string[]): Promise<boolean>;
  /** Whether a key is being written. */
  _isBusy(key: string): boolean;
  /** Resolves when nothing is being written. */
  _settled(): Promise<void>;
}

/** Makes a store patient. */
export function createPatience(
  store: AsyncStore,
  page: Pick<Page, "setTimeout" | "clearTimeout">,
): PatientStore {
  let deadlineMs = DEADLINE_MS;
  /** What is to be written to a key next, while something is. */
  const next = new Map<string, string | null>();
  const writing = new Map<string, Promise<boolean>>();

  async function attempt<T>(work: () => Promise<T>): Promise<{ readonly result: T } | undefined> {
    let timer = 0;
    const timeout = new Promise<undefined>((resolve) => {
      timer = page.setTimeout(() => {
        deadlineMs = 0;
        resolve(undefined);
      }, deadlineMs);
    });
    async function answer() {
      try {
        return { result: await work() };
      } catch {
        return undefined;
      } finally {
        deadlineMs = DEADLINE_MS;
      }
    }
    const result = await Promise.race([answer(), timeout]);
    page.clearTimeout(timer);
    return result;
  }

  async function write(key: string): Promise<boolean> {
    let done = false;
    for (let text = next.get(key); text !== undefined; text = next.get(key)) {
      const value = text;
      next.delete(key);
      done = !!await attempt(() => value === null ? store.remove([key]) : store.write(key, value));
    }
    writing.delete(key);
    return done;
  }

  return {
    _keys: async () => (await attempt(() => store.keys()))?.result,
    async _read(keys) {
      const all = (await attempt(() => store.read(keys)))?.result;
      if (all || keys.length < 2) return all ?? keys.map(() => undefined);
      // A single text may be the reason, such as one that is too large for Android's cursor.
      return await Promise.all(
        keys.map(async (key) => (await attempt(() => store.read([key])))?.result[0]),
      );
    },
    _set(key, text) {
      next.set(key, text);
      const running = writing.get(key);
      if (running) return running;
      const started = write(key); // calls the store at once: the process may be killed next
      writing.set(key, started);
      return started;
    },
    async _remove(keys) {
      for (const key of keys) next.delete(key);
      await Promise.all(keys.map((key) => writing.get(key)));
      return !!await attempt(() => store.remove(keys));
    },
    _isBusy: (key) => writing.has(key),
    async _settled() {
      while (writing.size) await Promise.all(writing.values());
    },
  };
}
