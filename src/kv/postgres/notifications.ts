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
 */
export async function listenForNotifications(
  { url, database, clock, deadlineMs, closed }: NotificationOptions,
  onNotification: () => void,
): Promise<void> {
  const options = { maxConnections: 1, recycle: false, prepare: false, deadlineMs };
  const listener = await openClient(parseDatabaseUrl(url), options);
  const arrived = Promise.withResolvers<void>();
  let arrives = false;
  let cancel = () => {};
  function waitForIt(): void {
    if (arrives) return;
    cancel();
    const error = new TypeError("no notification arrives, as behind a pooler in transaction mode");
    cancel = clock.after(deadlineMs, () => arrived.reject(error));
  }
  try {
    const own = await database.run(nextStamp);
    // Also whenever it has connected again: messages may have been sent meanwhile.
    const announce = () => void database.run(notify(own)).then(waitForIt).catch(arrived.reject);
    listener.listen(CHANNEL, (payload) => {
      arrives ||= payload === own;
      if (!arrives) return;
      arrived.resolve();
      onNotification();
    }, announce).catch(arrived.reject);
    await Promise.race([arrived.promise, closed]);
    cancel();
    await closed;
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
