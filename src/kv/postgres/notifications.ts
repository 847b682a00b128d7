/**
 * Listens for notifications that there are messages. A pooler in transaction mode passes none on and does not
 * say so: nothing is reported before a notification that was sent for this purpose has arrived.
 */

import type { Clock } from "../../clock.ts";
import type { Database } from "../../store/database.ts";
import { parseDatabaseUrl } from "../../store/database_url.ts";
import { openClient, type Sql } from "../../store/driver.ts";

/** Where they are sent. */
const CHANNEL = "sluice_kv";
/** What `sluice_kv.apply` sends. */
const MESSAGES = "";
/** The driver gives up without a word where a server takes no listeners, and asks one that is gone for ever. */
const CHECK_EVERY_MS = 60_000;
const NONE_ARRIVES = "no notification arrives, as behind a pooler in transaction mode";
const NO_MORE_ARRIVES = "notifications no longer arrive, as after a failover";
/** How long the connection may take to close. */
const END_SECONDS = 1;

/** Options of `listenForNotifications`. */
export interface NotificationOptions {
  readonly url: string;
  /** Sends the notification that has to arrive. */
  readonly database: Pick<Database, "run">;
  readonly clock: Pick<Clock, "after">;
  /** How long it may take to arrive. */
  readonly deadlineMs: number;
  /** Resolves when there is nothing to listen for any more. */
  readonly closed: Promise<void>;
}

/**
 * Calls back whenever there may be messages, until `closed` resolves.
 *
 * @throws {TypeError} if notifications do not arrive
 * @throws {Error} if they no longer do: listen again, which may be on another server
 */
export async function listenForNotifications(
  { url, database, clock, deadlineMs, closed }: NotificationOptions,
  onNotification: () => void,
): Promise<void> {
  const options = { maxConnections: 1, recycle: false, prepare: false, deadlineMs };
  const listener = await openClient(parseDatabaseUrl(url), options);
  const failed = Promise.withResolvers<never>();
  /** How often a notification of this process has arrived. */
  let arrived = 0;
  let cancel = () => {};
  function after(ms: number, callback: () => void): void {
    cancel();
    cancel = clock.after(ms, callback);
  }
  function fail(): void {
    failed.reject(arrived === 0 ? new TypeError(NONE_ARRIVES) : new Error(NO_MORE_ARRIVES));
  }
  try {
    const own = await database.run(nextStamp);
    // Also whenever it has connected again: messages may have been sent meanwhile.
    const check = async () => {
      const before = arrived;
      try {
        await database.run(notify(own));
        if (arrived === before) after(deadlineMs, fail);
      } catch (error) {
        if (arrived === 0) failed.reject(error);
        else after(CHECK_EVERY_MS, check); // that KV is away says nothing
      }
    };
    listener.listen(CHANNEL, (payload) => {
      if (payload === own) {
        arrived += 1;
        after(CHECK_EVERY_MS, check);
      } else if (arrived === 0 || payload !== MESSAGES) return;
      onNotification();
    }, check).catch(failed.reject);
    await Promise.race([failed.promise, closed]);
  } finally {
    cancel();
    await listener.end({ timeout: END_SECONDS });
  }
}

/** A number that no other process has. */
async function nextStamp(sql: Sql): Promise<string> {
  const [row] = await sql.unsafe<{ stamp: string }[]>(
    "select nextval('sluice_kv.versionstamps')::text as stamp",
  );
  return row?.stamp ?? "";
}

function notify(payload: string): (sql: Sql) => Promise<unknown> {
  return (sql) => sql.unsafe("select pg_notify($1, $2)", [CHANNEL, payload]);
}
