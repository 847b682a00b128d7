/** Migrates the database at the start, however long it takes to be there. */

import { getLogger } from "@logtape/logtape";
import { type Clock, pause } from "../clock.ts";
import type { Database } from "./database.ts";
import { migrate, type Migration } from "./migrate.ts";

/** What there is to prepare. */
export interface PrepareOptions {
  readonly database: Database;
  readonly migrations: readonly Migration[];
  readonly clock: Clock;
  readonly stop: AbortSignal;
}

const MIN_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;

const logger = getLogger(["sluice", "store"]);

/** Resolves when the migrations are applied, or with `stop`. Events are buffered meanwhile. */
export async function prepareDatabase(options: PrepareOptions): Promise<void> {
  const { database, migrations, clock, stop } = options;
  for (let pauseMs = MIN_PAUSE_MS; !stop.aborted; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      const applied = await migrate(database, migrations);
      if (applied.length > 0) logger.info("Applied migrations {applied}", { applied });
      return;
    } catch (error) {
      if (stop.aborted) return;
      logger.warn("The database is not ready, events are buffered meanwhile: {error}", { error });
      await pause(clock, pauseMs, stop);
    }
  }
}
