/** The parts that the application is wired from. */

import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Enricher } from "../enrichment/enrich.ts";
import type { Place, RequestContext } from "../events/types.ts";
import type { Assets } from "../http/assets.ts";
import type { KvLimits } from "../kv/limits.ts";
import type { FormatGuard } from "../kv/format_guard.ts";
import type { Kv } from "../kv/port.ts";
import type { Database } from "../store/database.ts";
import type { Migration } from "../store/migrate.ts";

/** The parts of an application. The caller opens them, and closes them after `App.drain`. */
export interface OpenedParts {
  readonly config: Config;
  readonly kv: Kv;
  readonly kvLimits: KvLimits;
  readonly enrichers: readonly Enricher[];
  /** Finds the place of a caller, for `KEEP_IP=false`; nowhere unless given. */
  readonly locate?: (context: RequestContext) => Place;
  readonly database: Database;
  /** The same database over connections of its own, so that admins' queries never delay a flush. */
  readonly adminDatabase: Database;
  readonly migrations: readonly Migration[];
  /** Files served to browsers. */
  readonly assets: Assets;
  readonly clock: Clock;
  /** Whether the disk under the KV is full, so that no new events may be taken; never unless given. */
  readonly isDiskFull?: () => boolean;
  /** The size of the reserve on that disk; absent where there is no reserve. */
  readonly reserveBytes?: (() => number) | undefined;
  /** What this process is called on the list of processes. */
  readonly processName?: string;
  /** Returns a UUID version 7. */
  readonly newId: () => string;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
}

/** The parts with a KV that is left alone once its format is newer than this code's. */
export interface AppParts extends OpenedParts {
  readonly kv: FormatGuard;
}
