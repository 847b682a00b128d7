/** The keys as Postgres last had them, kept in KV for when it is away (contract 13.5). */

import { getLogger } from "@logtape/logtape";
import { noteDamage } from "../kv/damage.ts";
import { API_KEYS, apiKeyKey } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";
import { isRecord, type KeyRecord } from "./record.ts";

const logger = getLogger(["sluice", "api_keys"]);

/** Reads and writes the snapshot, which all processes share. */
export class KeySnapshot {
  readonly #kv: Kv;
  /** What is in KV as far as this process knows, as JSON by id; `null` before it was read. */
  #known: Map<string, string> | null = null;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** Reads it; empty while KV fails. */
  async load(): Promise<KeyRecord[]> {
    const records: KeyRecord[] = [];
    try {
      const known = new Map<string, string>();
      for await (const { key, value } of this.#kv.list<unknown>({ prefix: API_KEYS })) {
        if (isRecord(value)) {
          records.push(value);
          known.set(value.id, JSON.stringify(value));
        } else {
          noteDamage(this.#kv, "api_key", key);
          known.set(String(key[1]), "");
        }
      }
      this.#known = known;
    } catch (error) {
      logger.debug("API keys could not be read from KV: {error}", { error });
    }
    return records;
  }

  /** Writes what has changed. What fails is written the next time. */
  async save(records: readonly KeyRecord[]): Promise<void> {
    const known = this.#known;
    if (known === null) return; // the next read of Postgres comes after another one of KV
    try {
      const ids = new Set(records.map(({ id }) => id));
      for (const record of records) {
        const json = JSON.stringify(record);
        if (known.get(record.id) === json) continue;
        await this.#write(record);
        known.set(record.id, json);
      }
      for (const id of known.keys()) {
        if (ids.has(id)) continue;
        await this.#kv.delete(apiKeyKey(id));
        known.delete(id);
      }
    } catch (error) {
      logger.debug("API keys could not be written to KV yet: {error}", { error });
    }
  }

  /** Whether `load` has succeeded. */
  get isLoaded(): boolean {
    return this.#known !== null;
  }

  /** A key that another process knows as revoked stays so: what is written here may have been read before. */
  async #write(record: KeyRecord): Promise<void> {
    const key = apiKeyKey(record.id);
    for (;;) {
      const entry = await this.#kv.get<unknown>(key);
      if (isRecord(entry.value) && entry.value.isRevoked && !record.isRevoked) return;
      if ((await this.#kv.atomic().check(entry).set(key, record).commit()).ok) return;
    }
  }
}
