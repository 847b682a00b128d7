/**
 * Consent, session and clock offset: read once, then kept in memory, as the SDK reads them
 * synchronously, and written to the store. What other instances have written is read again before
 * every batch.
 */

import { PREFIX } from "../page.ts";
import type { PatientStore } from "./patience.ts";

const KEYS = ["opted-out", "visit", "offset"].map((name) => PREFIX + name);

/** Texts in memory, in the form of localStorage. */
export interface Items {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
  removeItem(key: string): void;
  /** Reads all texts from the store but those that were changed here meanwhile. */
  _refresh(): Promise<void>;
}

/** Creates items that are to be refreshed. */
export function createItems(store: PatientStore): Items {
  const texts = new Map<string, string>();
  /** Keys that were changed since the last refresh began. */
  const changed = new Set<string>();
  let refreshing: Promise<void> | undefined;

  function set(key: string, text: string | null): void {
    changed.add(key);
    if (text === null) texts.delete(key);
    else texts.set(key, text);
    store._set(key, text);
  }

  async function refresh(): Promise<void> {
    for (const key of [...changed]) if (!store._isBusy(key)) changed.delete(key);
    const stored = await store._read(KEYS);
    for (const [i, key] of KEYS.entries()) {
      const text = stored[i];
      if (changed.has(key) || text === undefined) continue;
      if (text === null) texts.delete(key);
      else texts.set(key, text);
    }
    refreshing = undefined;
  }

  return {
    getItem: (key) => texts.get(key) ?? null,
    setItem: set,
    removeItem: (key) => set(key, null),
    _refresh: () => refreshing ??= refresh(),
  };
}
