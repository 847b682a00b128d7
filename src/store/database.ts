/** The connection to Postgres: a pool that is replaced when a connection hangs or breaks. */

import { getLogger } from "@logtape/logtape";
import { checkWritable } from "./check_writable.ts";
import { type DatabaseUrl, parseDatabaseUrl } from "./database_url.ts";
import { NoServerError, openClient, type Sql } from "./driver.ts";
import { explainFailure } from "./explain_failure.ts";
import { classifyFailure, isConnectionLost, isReadOnly, isStatementLost } from "./failure.ts";

export type { Sql };

/** Options of `Database`. */
export interface DatabaseOptions {
  /** `null`: there is none, and everything is rejected (contract 11.13). */
  readonly url: string | null;
  readonly maxConnections?: number;
  /** How long `run` waits before it fails and replaces the pool; 30 s by default. */
  readonly deadlineMs?: number;
  /** Postgres' `statement_timeout`; none by default. Each `run` is one transaction then. */
  readonly statementTimeoutMs?: number;
  /** Whether idle and old connections are closed; true by default. */
  readonly recycle?: boolean;
}

/** Why Postgres does not respond, or cannot be written to. */
export interface PingFailure {
  /** For the log: it names hosts and users. */
  readonly reason: string;
  /** What an operator has to change, if that is known; it names neither. */
  readonly sentence: string | null;
}

const DEADLINE_MS = 30_000;
/** How long connections may take to close cleanly before they are cut. */
const END_SECONDS = 1;

const NO_URL = "DATABASE_URL is not set";

/** Ends a call that has to begin again without prepared statements. */
const POOLED = new Error("Postgres is behind a pooler");

const logger = getLogger(["sluice", "store"]);

/** A pool and the number of `run` calls that use it. */
interface Pool {
  /** Pending until it is known which of several hosts to use; rejects if none will do. */
  readonly opened: Promise<Sql>;
  /** Whether none did. */
  hasFailed: boolean;
  /** Whether statements are prepared. */
  readonly prepares: boolean;
  running: number;
}

/** A Postgres database, accessed through postgres.js. */
export class Database implements AsyncDisposable {
  readonly #options: DatabaseOptions;
  readonly #url: DatabaseUrl | null;
  #pool: Pool;
  /** Replaced pools that are not closed yet. */
  readonly #replaced = new Set<Pool>();
  #isClosed = false;
  /** Whether statements may be prepared: not through a pooler, which may lose them. */
  #mayPrepare = true;
  /** Whether it is known that no pooler is in between, as far as can be told. */
  #isDirect = false;
  #ping: Promise<PingFailure | null> | null = null;

  /** @throws {DatabaseUrlError} if the URL cannot be used */
  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#url = options.url === null ? null : parseDatabaseUrl(options.url);
    this.#pool = this.#open();
  }

  /**
   * Runs `work` on the pool.
   *
   * The pool is replaced when the work exceeds its deadline, as a connection that never responds would
   * stay busy forever, and when a connection is lost: if one closes before postgres.js has written a
   * pending query, the driver may consider it busy from then on and never reconnect. Of several hosts,
   * the new pool uses the first that accepts writes. Other work on the old pool may finish, within its
   * own deadline.
   *
   * The first call finds out whether a pooler is in between, which may give each transaction another
   * connection: then no statement is prepared. `work` is repeated once if a prepared one was lost anyhow.
   *
   * @throws what `work` throws, or an error when it exceeds the deadline
   */
  async run<T>(work: (sql: Sql) => Promise<T>, deadlineMs?: number): Promise<T> {
    const limit = deadlineMs ?? this.#options.deadlineMs ?? DEADLINE_MS;
    const pool = this.#pool;
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new Error(`Postgres did not respond within ${limit} ms`));
      this.#replace(pool);
    }, limit);
    pool.running += 1;
    try {
      return await Promise.race([pool.opened.then((sql) => this.#start(pool, sql, work)), promise]);
    } catch (error) {
      if (pool.prepares && (error === POOLED || isStatementLost(error))) this.#stopPreparing(pool);
      else {
        if (pool.hasFailed || isConnectionLost(error) || this.#mayMove(error)) this.#replace(pool);
        throw error;
      }
    } finally {
      clearTimeout(timer);
      pool.running -= 1;
      if (pool.running === 0 && this.#replaced.has(pool)) this.#close(pool);
    }
    // Not before the old pool is closed: it may hold the only connection that there is.
    return await this.run(work, deadlineMs);
  }

  /** Checks that Postgres responds within `ms` and could be written to. Returns `null`, or why not. */
  async ping(ms: number): Promise<PingFailure | null> {
    // One query at a time, so that checks do not pile up behind a server that hangs. It has the usual
    // deadline, as the driver can lose a query when a connection closes at the wrong moment.
    this.#ping ??= this.run(checkWritable)
      .then(
        (sentence) => sentence === null ? null : { reason: sentence, sentence },
        (error) => ({
          reason: classifyFailure(error).message,
          sentence: explainFailure(error),
        }),
      )
      .finally(() => this.#ping = null);
    const { promise, resolve } = Promise.withResolvers<PingFailure>();
    const timer = setTimeout(
      () => resolve({ reason: `no response within ${ms} ms`, sentence: null }),
      ms,
    );
    try {
      return await Promise.race([this.#ping, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes all connections, allowing queries in flight up to a second. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const pools = [this.#pool, ...this.#replaced];
    await Promise.all(pools.map(endPool));
  }

  async #start<T>(pool: Pool, sql: Sql, work: (sql: Sql) => Promise<T>): Promise<T> {
    if (pool.prepares && !this.#isDirect) {
      if (await isPooled(sql)) throw POOLED;
      this.#isDirect = true;
    }
    const { statementTimeoutMs } = this.#options;
    if (statementTimeoutMs === undefined) return await work(sql);
    // In a transaction: PgBouncer does not let it be set for a session.
    const [result] = await sql.begin(async (tx) => {
      await tx.unsafe(`set local statement_timeout = ${statementTimeoutMs}`);
      return [await work(tx as unknown as Sql)] as const; // the driver unwraps lists
    });
    return result as T;
  }

  #stopPreparing(pool: Pool): void {
    if (this.#mayPrepare) {
      logger.info(
        "Postgres is behind a pooler that loses prepared statements: none is used from now",
      );
    }
    this.#mayPrepare = false;
    this.#replace(pool);
  }

  /** Whether another host, or what the name of the only one stands for by now, may do what this one could not. */
  #mayMove(error: unknown): boolean {
    if (isReadOnly(error) || error instanceof NoServerError) return true;
    return this.#url !== null && this.#url.hosts.length > 1 &&
      classifyFailure(error).kind === "unavailable";
  }

  #open(): Pool {
    const url = this.#url;
    const pool: Pool = {
      opened: url === null
        ? Promise.reject(new Error(NO_URL))
        : openClient(url, { ...this.#options, prepare: this.#mayPrepare }),
      hasFailed: false,
      prepares: this.#mayPrepare && url?.isPooled !== true,
      running: 0,
    };
    pool.opened.catch(() => pool.hasFailed = true); // `run` reports why
    return pool;
  }

  #replace(pool: Pool): void {
    if (this.#pool !== pool || this.#isClosed) return;
    this.#pool = this.#open();
    this.#replaced.add(pool);
  }

  async #close(pool: Pool): Promise<void> {
    // The pool is no longer used, so a failure to close it has no consequences.
    await endPool(pool).catch(() => {});
    this.#replaced.delete(pool);
  }
}

/**
 * Whether a pooler is in between: it gives a client another process id than that of the server. Found
 * out beforehand, as the driver hangs where a prepared statement is lost within a transaction.
 */
async function isPooled(sql: Sql): Promise<boolean> {
  const rows = await sql.unsafe<{ pid: number }[]>("select pg_backend_pid() as pid");
  return rows[0]?.pid !== rows.state.pid;
}

async function endPool({ opened }: Pool): Promise<void> {
  const sql = await opened.catch(() => null);
  await sql?.end({ timeout: END_SECONDS });
}
