/** The connection to Postgres: a pool that can be thrown away when a connection hangs. */

import postgres from "postgres";
import { classifyFailure, isConnectionLost } from "./failure.ts";

/** A postgres.js client, or a transaction of one. */
export type Sql = postgres.Sql;

/** Options of `Database`. */
export interface DatabaseOptions {
  readonly url: string;
  readonly maxConnections?: number;
  /** How long one piece of work may take before its connections are given up. */
  readonly deadlineMs?: number;
  /** How long Postgres itself may take for one statement; for ever unless told otherwise. */
  readonly statementTimeoutMs?: number;
  /** Whether idle and old connections are closed now and then; true unless told otherwise. */
  readonly recycle?: boolean;
}

const CONNECT_TIMEOUT_SECONDS = 5;
const DEADLINE_MS = 30_000;
/** For connections to say goodbye to Postgres; what hangs is cut off then. */
const END_SECONDS = 1;

/** Connections, and how much work is on them. */
interface Pool {
  readonly sql: Sql;
  works: number;
}

/** Postgres, spoken to by postgres.js. */
export class Database implements AsyncDisposable {
  readonly #options: DatabaseOptions;
  #pool: Pool;
  /** Those that were replaced, until they are closed. */
  readonly #replaced = new Set<Pool>();
  #isClosed = false;
  #ping: Promise<string | null> | null = null;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#pool = connect(options);
  }

  /**
   * Runs work on the pool.
   *
   * The pool is replaced when the work takes longer than the deadline, as a connection that never
   * answers would stay taken for ever, and when a connection is lost: postgres.js may take one that was
   * closed before it had written what it was to write for busy from then on, and never greet Postgres
   * by it again. Other work on the pool may end, within its own deadline.
   *
   * @throws what `work` throws, or an error when it takes longer than the deadline
   */
  async run<T>(work: (sql: Sql) => Promise<T>, deadlineMs?: number): Promise<T> {
    const limit = deadlineMs ?? this.#options.deadlineMs ?? DEADLINE_MS;
    const pool = this.#pool;
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new Error(`Postgres did not answer within ${limit} ms`));
      this.#replace(pool);
    }, limit);
    pool.works += 1;
    try {
      return await Promise.race([work(pool.sql), promise]);
    } catch (error) {
      if (isConnectionLost(error)) this.#replace(pool);
      throw error;
    } finally {
      clearTimeout(timer);
      pool.works -= 1;
      if (pool.works === 0 && this.#replaced.has(pool)) this.#close(pool);
    }
  }

  /** Whether Postgres answers within `ms`: `null`, or the reason why not. */
  async ping(ms: number): Promise<string | null> {
    // One at a time, so that checks do not pile up behind a server that hangs; with the deadline of any
    // work, as the driver can lose a question when a connection closes at the wrong moment.
    this.#ping ??= this.run((sql) => sql`select 1`)
      .then(() => null, (error) => classifyFailure(error).message)
      .finally(() => this.#ping = null);
    const { promise, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(() => resolve(`no answer within ${ms} ms`), ms);
    try {
      return await Promise.race([this.#ping, promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes all connections, also those that were replaced, with up to a second for queries in flight. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const pools = [this.#pool, ...this.#replaced];
    await Promise.all(pools.map(({ sql }) => sql.end({ timeout: END_SECONDS })));
  }

  #replace(pool: Pool): void {
    if (this.#pool !== pool || this.#isClosed) return;
    this.#pool = connect(this.#options);
    this.#replaced.add(pool);
  }

  async #close(pool: Pool): Promise<void> {
    // Its connections are given up; that they cannot even be closed changes nothing.
    await pool.sql.end({ timeout: END_SECONDS }).catch(() => {});
    this.#replaced.delete(pool);
  }
}

function connect(options: DatabaseOptions): Pool {
  const { url, maxConnections = 4, recycle = true, statementTimeoutMs = 0 } = options;
  const sql = postgres(url, {
    max: maxConnections,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    idle_timeout: recycle ? 60 : 0,
    max_lifetime: recycle ? 30 * 60 : 0,
    // The flusher has its own backoff; a second one would only make recovery slower.
    backoff: () => 0.1,
    // Its question for the array types is nobody's promise: a pool thrown away while it waits for the
    // answer would end the process by an unhandled rejection. No statement here needs arrays.
    fetch_types: false,
    connection: {
      application_name: "sluice",
      TimeZone: "UTC", // months and minutes are cut in UTC, whatever zone the server or the role is set to
      statement_timeout: statementTimeoutMs,
    },
    onnotice: () => {},
  });
  return { sql, works: 0 };
}
