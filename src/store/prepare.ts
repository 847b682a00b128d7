/** Migrates the database at startup and waits for it as long as it takes. */

import { getLogger } from "@logtape/logtape";
import { type Clock, pause } from "../clock.ts";
import type { Database } from "./database.ts";
import type { PostgresCondition } from "./condition.ts";
import { migrate, type Migration } from "./migrate.ts";

/** Options of `prepareDatabase`. */
export interface PrepareOptions {
  readonly database: Database;
  readonly migrations: readonly Migration[];
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly condition: PostgresCondition;
}

const MIN_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;

const logger = getLogger(["sluice", "store"]);

/**
 * Resolves when the migrations are applied, or when `stop` is aborted. Tries again as long as Postgres
 * is unavailable, or migrated by a newer version; until then, events stay in the buffer.
 */
export async function prepareDatabase(options: PrepareOptions): Promise<void> {
  const { database, migrations, clock, stop, condition } = options;
  condition.isPreparing = true;
  for (let pauseMs = MIN_PAUSE_MS; !stop.aborted; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      const applied = await migrate(database, migrations);
      condition.isPreparing = false;
      condition.works("migrations");
      if (applied.length > 0) logger.info("Applied migrations {applied}", { applied });
      return;
    } catch (error) {
      if (stop.aborted) return;
      condition.fails("migrations", error);
      await pause(clock, pauseMs, stop);
    }
  }
}
