/**
 * The baseline of reconciliation: how many rows Postgres had before this KV's events became rows. It is
 * recorded before the first of them is inserted, so that it never hides a loss, under an id that KV and
 * Postgres share.
 */

import { getLogger } from "@logtape/logtape";
import { isUuid } from "../events/unreadable.ts";
import { readBalance } from "../kv/counter.ts";
import { noteRepaired } from "../kv/damage.ts";
import { RECONCILIATION_BASELINE } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";

/** What Postgres knows about a KV store. */
export interface KnownStore {
  readonly rowsBefore: number;
  readonly isSuspect: boolean;
}

/** Options of `Baseline`. */
export interface BaselineOptions {
  readonly kv: Kv;
  readonly newId: () => string;
  /** Reads the number of rows that Postgres has counted; rejects while it is unavailable. */
  readonly countRows: () => Promise<number>;
  /** Registers this KV in Postgres, unless it is known there. */
  readonly register: (store: { id: string; rows: number; isFresh: boolean }) => Promise<void>;
  /** Reads what Postgres knows about it. */
  readonly readStore: (id: string) => Promise<KnownStore | null>;
}

/** The entry in KV. */
interface Entry {
  readonly rows: number;
  /** Absent in a KV of an earlier version. */
  readonly id?: string;
}

const logger = getLogger(["sluice", "reconciliation"]);

/** Records and reads the baseline. */
export class Baseline {
  readonly #options: BaselineOptions;
  #isOpen = false;
  #suspectId: string | null = null;

  constructor(options: BaselineOptions) {
    this.#options = options;
  }

  /**
   * The id of this KV in `kv_stores` if it was empty when it was first used, although Postgres had rows, which
   * has not been acknowledged; else `null`.
   */
  get suspectId(): string | null {
    return this.#suspectId;
  }

  /**
   * Records the baseline of a fresh KV. Call it under the flush lease, before rows are inserted. Never
   * rejects: if Postgres is unavailable, no rows are inserted either, and the next call tries again.
   */
  async open(): Promise<void> {
    if (this.#isOpen) return;
    try {
      const { stored } = await readBalance(this.#options.kv);
      if (stored === 0) await this.record(await this.#options.countRows());
      this.#isOpen = true;
      await this.read();
    } catch (error) {
      logger.debug("The baseline could not be recorded yet: {error}", { error });
    }
  }

  /** Records a number of rows as the baseline, unless there is one. */
  async record(rows: number): Promise<void> {
    await this.#options.kv.atomic()
      .check({ key: RECONCILIATION_BASELINE, versionstamp: null })
      .set(RECONCILIATION_BASELINE, { rows, id: this.#options.newId() } satisfies Entry)
      .commit();
  }

  /**
   * Reads the baseline, `null` before it is recorded. What Postgres says wins, so that an operator can
   * accept a difference there; while it says nothing, the copy in KV counts.
   */
  async read(): Promise<number | null> {
    const { kv, newId, register, readStore } = this.#options;
    const entry = await kv.get<unknown>(RECONCILIATION_BASELINE);
    if (entry.versionstamp === null) return null;
    if (!isEntry(entry.value)) {
      const { ok } = await kv.atomic().check(entry).delete(entry.key).commit();
      if (ok) {
        noteRepaired(kv, "baseline");
        logger.error("The baseline in KV was damaged and is recorded anew", {});
      }
      return null;
    }
    const { rows, id = newId() } = entry.value;
    if (entry.value.id === undefined) {
      const { ok } = await kv.atomic().check(entry).set(entry.key, { rows, id }).commit();
      if (!ok) return rows; // another process has given it an id
    }
    try {
      const { stored } = await readBalance(kv);
      await register({ id, rows, isFresh: stored === 0 });
      const store = await readStore(id);
      this.#observe(id, store);
      return store?.rowsBefore ?? rows;
    } catch (error) {
      logger.debug("This KV could not be registered in Postgres: {error}", { error });
      return rows;
    }
  }

  #observe(id: string, store: KnownStore | null): void {
    const isSuspect = store?.isSuspect ?? false;
    if (isSuspect && this.#suspectId === null) {
      logger.error(
        "KV was empty when it was first used, but Postgres has {rows} rows of before: if KV was emptied " +
          "or replaced, the events in it that were no rows yet are lost. If this is as it should be: " +
          "update kv_stores set acknowledged_at = now() where id = '{id}'",
        { id, rows: store?.rowsBefore },
      );
    }
    this.#suspectId = isSuspect ? id : null;
  }
}

/** Whether a value of KV is a baseline, and not damaged. */
function isEntry(value: unknown): value is Entry {
  if (typeof value !== "object" || value === null) return false;
  const { rows, id } = value as Record<keyof Entry, unknown>;
  return Number.isSafeInteger(rows) && (id === undefined || isUuid(id));
}
