/** The KV port on a PostgreSQL server (see `schema.ts`). It may be away: `RemoteKv` is put in front of it. */

import { Buffer } from "node:buffer";
import { deserialize } from "node:v8";
import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../clock.ts";
import { acceptsTransactions } from "../../store/accepts_transactions.ts";
import { Database, type Sql } from "../../store/database.ts";
import { NoServerError } from "../../store/driver.ts";
import type { AtomicOperation, Kv, KvEntryMaybe, KvKey } from "../port.ts";
import { type EntryRow, PostgresIterator, READ_COLUMNS, readBytes, toEntry } from "./iterator.ts";
import { listenForNotifications } from "./notifications.ts";
import { PostgresOperation } from "./operation.ts";
import { migrateKv } from "./schema.ts";
import { bytesArray, toHex } from "./values.ts";

/** Options of `PostgresKv`. */
export interface PostgresKvOptions {
  /** Read as `DATABASE_URL` is. */
  readonly url: string;
  readonly clock: Pick<Clock, "after">;
  /** How long an operation may take; a little later its connection is given up. */
  readonly deadlineMs: number;
}

const CONNECTIONS = 8;
/** `RemoteKv` has the same deadline, and its error says more. */
const GRACE_MS = 500;
/** Entries that have expired are deleted so often. */
const EXPIRE_EVERY_MS = 10_000;
const EXPIRED_TOGETHER = 5_000;
const STATEMENT_MODE =
  "the pooler is in statement mode, in which nothing works: use transaction or session mode";

const READ_ONLY =
  "the server accepts no writes: it is a standby, or default_transaction_read_only is on";

const logger = getLogger(["sluice", "kv"]);

/** A KV in a PostgreSQL of its own. */
export class PostgresKv implements Kv {
  readonly #options: PostgresKvOptions;
  readonly #database: Database;
  readonly #closed = Promise.withResolvers<void>();
  #isClosed = false;
  #cancelExpiry = () => {};
  #expiring: Promise<void> = Promise.resolve();
  #listening: Promise<void> = Promise.resolve();

  private constructor(options: PostgresKvOptions) {
    this.#options = options;
    const { url, deadlineMs } = options;
    this.#database = new Database({
      url,
      deadlineMs: deadlineMs + GRACE_MS,
      maxConnections: CONNECTIONS,
    });
  }

  /**
   * Connects, and creates the schema unless it is there.
   *
   * @throws {KvFormatError} where the schema is a newer one
   * @throws what else is not passed by itself, such as a pooler in statement mode
   */
  static async open(options: PostgresKvOptions): Promise<PostgresKv> {
    const kv = new PostgresKv(options);
    try {
      if (!await acceptsTransactions(kv.#database)) throw new Error(STATEMENT_MODE);
      await migrateKv(kv.#database);
      kv.#expireLater();
      return kv;
    } catch (error) {
      await kv.close();
      throw error;
    }
  }

  /** See `Kv`. */
  async get<T = unknown>(key: KvKey): Promise<KvEntryMaybe<T>> {
    const [entry = { key, value: null, versionstamp: null }] = await this.#read<T>([key]);
    return entry;
  }

  /** See `Kv`. */
  getMany: Kv["getMany"] = async <T extends readonly unknown[]>(keys: readonly KvKey[]) =>
    await this.#read(keys) as { [K in keyof T]: KvEntryMaybe<T[K]> };

  /** See `Kv`. */
  set: Kv["set"] = async (key, value, options) => {
    const result = await this.atomic().set(key, value, options).commit();
    if (!result.ok) throw new Error("A commit without checks failed one");
    return result;
  };

  /** See `Kv`. */
  delete: Kv["delete"] = async (key) => void await this.atomic().delete(key).commit();

  /** See `Kv`. */
  enqueue: Kv["enqueue"] = async (value, options) => {
    const result = await this.atomic().enqueue(value, options).commit();
    if (!result.ok) throw new Error("A commit without checks failed one");
    return result;
  };

  /**
   * See `Kv`.
   *
   * @throws {TypeError} behind a pooler that passes no notifications on
   */
  listenQueue: Kv["listenQueue"] = async (handler) => {
    const { url, clock, deadlineMs } = this.#options;
    const options = {
      url,
      clock,
      deadlineMs,
      database: this.#database,
      closed: this.#closed.promise,
    };
    this.#listening = listenForNotifications(options, () => {
      this.#receive(handler).catch((error) => {
        if (!this.#isClosed) logger.debug("Messages could not be received: {error}", { error });
      });
    });
    await this.#listening;
  };

  /** See `Kv`. */
  list: Kv["list"] = (selector, options) => new PostgresIterator(this.#database, selector, options);

  /** See `Kv`. */
  atomic(): AtomicOperation {
    return new PostgresOperation(this.#database);
  }

  /**
   * Asks whether the server accepts writes, on a new connection if it does not.
   *
   * @throws {NoServerError} if it does not
   */
  async checkWritable(): Promise<void> {
    await this.#database.run(async (sql) => {
      const [row] = await sql.unsafe<{ transaction_read_only: string }[]>(
        "show transaction_read_only",
      );
      if (row?.transaction_read_only === "on") throw new NoServerError(READ_ONLY);
    });
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelExpiry();
    this.#closed.resolve();
    await Promise.all([
      this.#database[Symbol.asyncDispose](),
      this.#listening.catch(() => {}), // `listenQueue` reports it
      this.#expiring,
    ]);
  }

  async #read<T>(keys: readonly KvKey[]): Promise<KvEntryMaybe<T>[]> {
    const wanted = keys.map(toHex);
    const rows = await this.#database.run((sql) =>
      sql.unsafe<EntryRow[]>(
        `select ${READ_COLUMNS} from sluice_kv.entries where key = any($1::text::bytea[])`,
        [bytesArray(wanted)],
        { prepare: true },
      )
    );
    const found = new Map(rows.map((row) => [row.key, row]));
    return keys.map((key, i) => {
      const row = found.get(wanted[i] ?? "");
      return row === undefined ? { key, value: null, versionstamp: null } : toEntry<T>(row);
    });
  }

  /** Messages are gone once they are handled: where the process ends before, another one receives them. */
  async #receive(handler: (message: unknown) => unknown): Promise<void> {
    const limitMs = this.#options.deadlineMs + GRACE_MS;
    await this.#database.run((sql) =>
      sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        // A machine that is gone would keep them locked for hours, and `expire` would wait for it.
        await tx.unsafe(`set local idle_in_transaction_session_timeout = ${limitMs}`);
        const rows = await tx.unsafe<{ value: string }[]>(
          `delete from sluice_kv.messages where id in
            (select id from sluice_kv.messages order by id limit 1000 for update skip locked)
          returning ${readBytes("value")}`,
        );
        for (const { value } of rows) await handler(deserialize(Buffer.from(value, "hex")));
      })
    );
  }

  #expireLater(): void {
    if (this.#isClosed) return;
    this.#cancelExpiry = this.#options.clock.after(EXPIRE_EVERY_MS, () => {
      this.#expiring = this.#expire()
        .catch((error) => logger.debug("Nothing can be expired now: {error}", { error }))
        .then(() => this.#expireLater());
    });
  }

  async #expire(): Promise<void> {
    for (let deleted = EXPIRED_TOGETHER; deleted >= EXPIRED_TOGETHER && !this.#isClosed;) {
      const [row] = await this.#database.run((sql) =>
        sql.unsafe<{ deleted: string }[]>(
          `select sluice_kv.expire(${EXPIRED_TOGETHER})::text as deleted`,
        )
      );
      deleted = Number(row?.deleted ?? 0);
    }
  }
}
