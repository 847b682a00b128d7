/** What admins see and put right, made of its parts; and what it notices of events as they pass. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import { type Outcome, outcomeLabel, OUTCOMES } from "../events/outcome.ts";
import type { Database } from "../store/database.ts";
import { classifyFailure } from "../store/failure.ts";
import { discardAll, readDeadLetterPage } from "./dead_letters.ts";
import { type OverviewOptions, readOverview } from "./overview.ts";
import { PipelineCounts } from "./pipeline_counts.ts";
import { type Admin, PostgresAwayError } from "./port.ts";
import { findReceipt } from "./receipt.ts";
import { readEventPage } from "./recent_events.ts";
import { replayAll } from "./replay.ts";
import { readRejections, RejectionLog } from "./rejections.ts";
import { followTail } from "./tail.ts";
import { readTimeseries } from "./timeseries.ts";

/** What it is made of. */
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

/** What a flush tells the plots. */
export interface FlushUpdate {
  readonly events: number;
  readonly replays: number;
  readonly ms: number;
}

/** The admins' side of the service. */
export interface AdminModule {
  readonly admin: Admin;
  /** Notes an event that was recognised or turned away. */
  readonly noteOutcome: (raw: unknown, outcome: Outcome) => void;
  readonly noteFlush: (update: FlushUpdate) => void;
  /** Writes down what was noted. */
  readonly write: () => Promise<void>;
}

const logger = getLogger(["sluice", "admin"]);

/** Makes it. */
export function createAdmin(options: AdminOptions): AdminModule {
  const { kv, clock, newId, stop } = options;
  const database = awayTold(options.database);
  const counts = new PipelineCounts(options);
  const rejections = new RejectionLog({ kv, clock, newId });
  const places = { kv, database };
  return {
    admin: {
      overview: () => readOverview(options),
      timeseries: (input) => readTimeseries({ database, clock }, input),
      recentEvents: (input) => readEventPage(places, input),
      tail: (input, signal) =>
        followTail({ ...places, clock }, input, AbortSignal.any([signal, stop])),
      receipt: (input) => findReceipt(places, input),
      listDeadLetters: (input) => readDeadLetterPage(database, input),
      replayDeadLetters: (input) => replayAll({ ...options, database }, input),
      discardDeadLetters: (eventIds) => discardAll(places, eventIds),
      rejections: () => readRejections(kv, clock),
    },
    noteOutcome(raw, outcome) {
      const { counter } = OUTCOMES[outcome.kind];
      if (counter === "accepted") return;
      counts.note(counter, outcomeLabel(outcome));
      if (counter === "rejected") rejections.note(raw, outcome);
    },
    noteFlush({ events, replays, ms }) {
      counts.note("duplicates", "late_replay", replays);
      if (events > 0) counts.noteFlush(ms);
    },
    async write() {
      await Promise.all([counts.write(), rejections.write()]);
    },
  };
}

/** The database, with a sentence for admins where it is away. */
function awayTold(database: Pick<Database, "run">): Pick<Database, "run"> {
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
