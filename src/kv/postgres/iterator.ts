/** Lists entries page by page. */

import { Buffer } from "node:buffer";
import type { Database } from "../../store/database.ts";
import type { KvEntry, KvKey, KvSelector } from "../port.ts";
import { fromStored, toHex, toKey, toVersionstamp } from "./values.ts";

/** A row of `sluice_kv.entries`. */
export interface EntryRow {
  /** This and the value in hexadecimal digits. */
  readonly key: string;
  readonly value: string | null;
  readonly count: string | null;
  readonly stamp: string;
}

/** The columns of an {@link EntryRow}. */
export const READ_COLUMNS = `${readBytes("key")}, ${readBytes("value")},
  count::text as count, versionstamp::text as stamp`;

/** A column of bytes that is read in hexadecimal digits, whatever `bytea_output` is for the role. */
export function readBytes(column: string): string {
  return `encode(${column}, 'hex') as ${column}`;
}

/** Converts a row. */
export function toEntry<T>(row: EntryRow): KvEntry<T> {
  return {
    key: toKey(Buffer.from(row.key, "hex")),
    value: fromStored({
      value: row.value === null ? null : Buffer.from(row.value, "hex"),
      count: row.count,
    }) as T,
    versionstamp: toVersionstamp(row.stamp),
  };
}

const PAGE = 100;

/** Entries of a range. */
export class PostgresIterator<T> implements Deno.KvListIterator<T> {
  readonly #database: Database;
  readonly #options: Deno.KvListOptions;
  /** What is not read yet, in hexadecimal digits: inclusive and exclusive. */
  #start: string;
  #end: string;
  #left: number;
  #page: EntryRow[] = [];
  #isComplete = false;
  #cursor = "";

  constructor(database: Database, selector: KvSelector, options: Deno.KvListOptions = {}) {
    this.#database = database;
    this.#options = options;
    this.#left = options.limit ?? Infinity;
    [this.#start, this.#end] = toRange(selector);
    if (options.cursor) this.#skipTo(options.cursor);
  }

  /** The key of the last entry. */
  get cursor(): string {
    return this.#cursor;
  }

  async next(): Promise<IteratorResult<KvEntry<T>, undefined>> {
    if (this.#page.length === 0 && !this.#isComplete && this.#left > 0) await this.#readPage();
    const row = this.#page.shift();
    if (row === undefined) return { done: true, value: undefined };
    this.#cursor = row.key;
    return { done: false, value: toEntry<T>(row) };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #readPage(): Promise<void> {
    const size = Math.min(this.#options.batchSize ?? PAGE, this.#left);
    const rows = await this.#database.run((sql) =>
      sql.unsafe<EntryRow[]>(
        `select ${READ_COLUMNS} from sluice_kv.entries e
        where key >= decode($1::text, 'hex') and key < decode($2::text, 'hex')
        order by e.key ${this.#options.reverse ? "desc" : ""} limit $3::text::integer`,
        [this.#start, this.#end, String(size)],
        { prepare: true },
      )
    );
    this.#page = [...rows];
    this.#left -= rows.length;
    this.#isComplete = rows.length < size;
    const last = rows.at(-1);
    if (last !== undefined) this.#skipTo(last.key);
  }

  #skipTo(key: string): void {
    if (this.#options.reverse) this.#end = key;
    else this.#start = `${key}00`; // the next key that there may be
  }
}

/** The keys of a selector: an empty part cannot be, so no key ends at the prefix itself. */
function toRange(selector: KvSelector): [start: string, end: string] {
  const bound = (name: "start" | "end"): KvKey | null =>
    name in selector ? (selector as unknown as Record<string, KvKey>)[name] ?? null : null;
  const prefix = "prefix" in selector ? toHex(selector.prefix) : "";
  const start = bound("start");
  const end = bound("end");
  return [start === null ? `${prefix}00` : toHex(start), end === null ? `${prefix}ff` : toHex(end)];
}
