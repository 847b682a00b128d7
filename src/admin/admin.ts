/** What admins can see and correct: the implementation of the port `Admin`. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { Database } from "../store/database.ts";
import { classifyFailure } from "../store/failure.ts";
import { discardAll, readDeadLetterPage } from "./dead_letters.ts";
import { type OverviewOptions, readOverview } from "./overview.ts";
import { type Admin, PostgresAwayError } from "./port.ts";
import { findReceipt } from "./receipt.ts";
import { readEventPage } from "./recent_events.ts";
import { replayAll } from "./replay.ts";
import { readRejections } from "./rejections.ts";
import { followTail } from "./tail.ts";
import { readTimeseries } from "./timeseries.ts";

/** What `createAdmin` reads from and acts on. */
export interface AdminOptions extends OverviewOptions {
  readonly clock: Clock;
  /** A time-ordered id. */
  readonly newId: () => string;
  /** Called when events are in the buffer again. */
  readonly onBuffered: (events: number) => void;
  /** Called when there is something to enrich again. */
  readonly onRecords: () => void;
  /** Ends every tail. */
  readonly stop: AbortSignal;
}

const logger = getLogger(["sluice", "admin"]);

/** Creates the procedures for admins. */
export function createAdmin(options: AdminOptions): Admin {
  const { kv, clock, stop } = options;
  const database = reportUnavailable(options.database);
  const stores = { kv, database };
  return {
    overview: () => readOverview(options),
    timeseries: (input) => readTimeseries({ database, clock }, input),
    recentEvents: (input) => readEventPage(stores, input),
    tail: (input, signal) =>
      followTail({ ...stores, clock }, input, AbortSignal.any([signal, stop])),
    receipt: (input) => findReceipt(stores, input),
    listDeadLetters: (input) => readDeadLetterPage(database, input),
    replayDeadLetters: (input) => replayAll({ ...options, database }, input),
    discardDeadLetters: (eventIds) => discardAll(stores, eventIds),
    rejections: () => readRejections(kv, clock),
  };
}

/** The same database; what it rejects with while it is unavailable is an error that admins can read. */
function reportUnavailable(database: Pick<Database, "run">): Pick<Database, "run"> {
  return {
    run: (work, deadlineMs) =>
      database.run(work, deadlineMs).catch((error) => {
        const failure = classifyFailure(error);
        if (failure.kind === "data") throw error;
        logger.warn("An admin's question went unanswered: {reason}", { reason: failure.message });
        throw new PostgresAwayError({ cause: error });
      }),
  };
}
