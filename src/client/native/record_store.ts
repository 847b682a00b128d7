/** The queue's records in an asynchronous store, each under a key of its own. */

import { PREFIX, safely } from "../page.ts";
import type { QueueRecord } from "../record.ts";
import type { RecordStore } from "../stores.ts";
import type { PatientStore } from "./patience.ts";

/** Records that may be in memory only. */
export interface NativeRecordStore extends RecordStore {
  /** Tries again to store what could not be stored. */
  _retry(): void;
  /** Whether no queued record is in memory only. */
  _isSaved(): boolean;
}

/**
 * Creates the store of a service's records.
 *
 * @param mayStore until it resolves, records are in memory only
 */
export function createRecordStore(
  store: PatientStore,
  name: string,
  mayStore: Promise<void>,
): NativeRecordStore {
  const prefix = `${PREFIX}${name} `;
  /** Records of this instance by key: whether they are in the store. */
  const own = new Map<string, { readonly record: QueueRecord; stored: boolean }>();
  /** Records of other instances and earlier processes by key, so that each is read once. */
  const others = new Map<string, QueueRecord>();
  let isAllowed = false;
  mayStore.then(() => {
    isAllowed = true;
    retry();
  });

  async function put(record: QueueRecord): Promise<void> {
    const key = prefix + record.id;
    const entry = own.get(key) ?? { record, stored: false };
    own.set(key, entry);
    if (isAllowed && !record.outcome) entry.stored = await store._set(key, JSON.stringify(record));
  }

  function unsaved(): QueueRecord[] {
    return [...own.values()].filter(({ record, stored }) => !stored && !record.outcome)
      .map(({ record }) => record);
  }

  function retry(): void {
    unsaved().forEach(put);
  }

  return {
    _put: put,
    async _remove(ids) {
      const keys = ids.map((id) => prefix + id);
      for (const key of keys) others.delete(key);
      if (await store._remove(keys)) retry(); // there is room again
      for (const key of keys) own.delete(key);
    },
    async _readAll() {
      const keys = (await store._keys())?.filter((key) => key.startsWith(prefix));
      if (!keys) return [...others.values()];
      const unknown = keys.filter((key) => !own.has(key) && !others.has(key));
      const texts = unknown.length ? await store._read(unknown) : [];
      const corrupt: string[] = [];
      for (const [i, key] of unknown.entries()) {
        const text = texts[i];
        if (typeof text !== "string") continue; // removed meanwhile, or not readable now
        const record = parseRecord(text);
        if (record && prefix + record.id === key) others.set(key, record);
        else corrupt.push(key);
      }
      if (corrupt.length) await store._remove(corrupt);
      for (const key of others.keys()) if (!keys.includes(key)) others.delete(key);
      return [...others.values()];
    },
    _retry: retry,
    _isSaved: () => !unsaved().length,
  };
}

/** A record, or undefined for a text that is none, such as half a record. */
function parseRecord(text: string): QueueRecord | undefined {
  const record = safely(() => JSON.parse(text) as Partial<QueueRecord>);
  const isRecord = typeof record?.id === "string" && typeof record.event?.eventType === "string";
  return isRecord ? record as QueueRecord : undefined;
}
