/** The store of the KV Connect server: tables and statements of denokv, in SQLite. */

import { DatabaseSync } from "node:sqlite";
import {
  type AtomicWrite,
  type Check,
  ENCODING,
  type Entry,
  MUTATION,
  type Mutation,
  type ReadRange,
} from "./messages.ts";

const SCHEMA = `
  pragma journal_mode = wal;
  create table if not exists data_version (k integer primary key, version integer not null);
  insert or ignore into data_version (k, version) values (0, 0);
  create table if not exists kv (
    k blob primary key,
    v blob not null,
    v_encoding integer not null,
    version integer not null,
    expiration_ms integer not null
  ) without rowid;
  create index if not exists kv_expiration_ms on kv (expiration_ms);
`;

/** Versions grow by up to this many a commit, so that nothing relies on their being consecutive. */
const MAX_STEP = 9;
/** Expired entries are deleted this often, and can be read until then, as in denokv. */
const COLLECT_MS = 60_000;
const EMPTY = new Uint8Array();

/** A row of the table. */
interface Row {
  readonly k: Uint8Array;
  readonly v: Uint8Array;
  readonly v_encoding: number;
  readonly version: number;
}

/** A `sum` on a value that is no counter. As in denokv, what comes before it in the operation is applied. */
export class TypeMismatchError extends Error {
  override readonly name = "TypeMismatchError";
}

/** Entries in a file, ordered by their keys. */
export class Store {
  readonly #file: DatabaseSync;
  #collectedAt = -Infinity;

  constructor(path: string) {
    this.#file = new DatabaseSync(path);
    this.#file.exec(SCHEMA);
    this.#collectExpired();
  }

  /** Reads ranges, all as of one moment. */
  read(ranges: readonly ReadRange[]): Entry[][] {
    this.#collectExpired();
    return ranges.map(({ start, end, limit, reverse }) => {
      const rows = this.#file.prepare(
        `select k, v, v_encoding, version from kv where k >= ? and k < ?
          order by k ${reverse ? "desc" : "asc"} limit ?`,
      ).all(start, end, limit) as unknown as Row[];
      return rows.map(({ k, v, v_encoding, version }) => ({
        key: k,
        value: v,
        encoding: v_encoding,
        versionstamp: toVersionstamp(version),
      }));
    });
  }

  /**
   * Commits changes; they survive the process when this returns.
   *
   * @returns their versionstamp, or `null` if a check failed
   * @throws {TypeMismatchError}
   */
  write({ checks, mutations }: AtomicWrite): Uint8Array | null {
    this.#file.exec("begin immediate");
    try {
      const versionstamp = checks.every((check) => this.#holds(check))
        ? this.#applyAll(mutations)
        : null;
      this.#file.exec("commit");
      return versionstamp;
    } catch (error) {
      this.#file.exec(error instanceof TypeMismatchError ? "commit" : "rollback");
      throw error;
    }
  }

  #holds({ key, versionstamp }: Check): boolean {
    const row = this.#row(key);
    const found = row === undefined ? EMPTY : toVersionstamp(row.version);
    return found.length === versionstamp.length &&
      found.every((byte, i) => byte === versionstamp[i]);
  }

  #applyAll(mutations: readonly Mutation[]): Uint8Array {
    const { version } = this.#file.prepare(
      "update data_version set version = version + ? where k = 0 returning version",
    ).get(1 + Math.floor(Math.random() * MAX_STEP)) as { version: number };
    for (const mutation of mutations) this.#apply(mutation, version);
    return toVersionstamp(version);
  }

  #apply({ key, value, kind, expireAtMs }: Mutation, version: number): void {
    if (kind === MUTATION.delete || value === null) {
      this.#file.prepare("delete from kv where k = ?").run(key);
      return;
    }
    const { data, encoding } = kind === MUTATION.sum
      ? { data: this.#sum(key, value.data), encoding: ENCODING.counter }
      : value;
    this.#file.prepare("insert or replace into kv values (?, ?, ?, ?, ?)")
      .run(key, data, encoding, version, expireAtMs > 0 ? expireAtMs : -1);
  }

  #sum(key: Uint8Array, operand: Uint8Array): Uint8Array {
    const row = this.#row(key);
    if (row === undefined) return operand;
    if (row.v_encoding !== ENCODING.counter) {
      throw new TypeMismatchError(
        "Failed to perform 'sum' mutation on a non-U64 value in the database",
      );
    }
    const sum = new Uint8Array(8);
    new DataView(sum.buffer).setBigUint64(0, toCount(row.v) + toCount(operand), true);
    return sum;
  }

  #row(key: Uint8Array): Row | undefined {
    return this.#file.prepare("select k, v, v_encoding, version from kv where k = ?")
      .get(key) as unknown as Row | undefined;
  }

  #collectExpired(): void {
    const now = Date.now();
    if (now - this.#collectedAt < COLLECT_MS) return;
    this.#collectedAt = now;
    this.#file.prepare("delete from kv where expiration_ms between 0 and ?").run(now);
  }
}

function toCount(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

/** Ten bytes that are ordered like versions. */
function toVersionstamp(version: number): Uint8Array {
  const bytes = new Uint8Array(10);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(version));
  return bytes;
}
