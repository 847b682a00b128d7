/** Implements the port `Admin`. */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { Database } from "../store/database.ts";
import { classifyFailure } from "../store/failure.ts";
import { type ApiKeyOptions, createApiKeyActions } from "./api_keys.ts";
import { discardAll, readDeadLetterPage } from "./dead_letters.ts";
import { type OverviewOptions, readOverview } from "./overview.ts";
import { type Admin, PostgresUnavailableError } from "./port.ts";
import { findReceipt, type ReceiptStores } from "./receipt.ts";
import { readEventPage } from "./recent_events.ts";
import { replayAll, type ReplayOptions } from "./replay.ts";
import { readRejections } from "./rejections.ts";
import { createTail } from "./tail.ts";
import { readTimeseries } from "./timeseries.ts";

/** Options of `createAdmin`. */
export interface AdminOptions extends OverviewOptions, ReplayOptions, ApiKeyOptions {
  readonly clock: Clock;
  /** The claim of an idempotency key in lower case, `null` if KV has none. */
  readonly findClaim: ReceiptStores["findClaim"];
  /** Ends all live tails. */
  readonly stop: AbortSignal;
}

const logger = getLogger(["sluice", "admin"]);

/** Creates the implementation of the procedures for admins. */
export function createAdmin(options: AdminOptions): Admin {
  const { kv, clock, stop } = options;
  const database = reportUnavailable(options.database);
  const stores = { kv, database };
  const followTail = createTail({ ...stores, clock });
  return {
    overview: () => readOverview(options),
    timeseries: (input) => readTimeseries({ database, clock }, input),
    recentEvents: (input) => readEventPage(stores, input),
    tail: (input, signal) => followTail(input, AbortSignal.any([signal, stop])),
    receipt: (input) => findReceipt({ ...stores, findClaim: options.findClaim }, input),
    listDeadLetters: (input) => readDeadLetterPage(database, input),
    replayDeadLetters: (input) => replayAll({ ...options, database }, input),
    discardDeadLetters: (eventIds) => discardAll(stores, eventIds),
    rejections: () => readRejections(kv, clock),
    apiKeys: createApiKeyActions({ ...options, database }),
  };
}

/** Wraps a database so that an outage rejects with `PostgresUnavailableError`. */
function reportUnavailable(database: Pick<Database, "run">): Pick<Database, "run"> {
  return {
    run: (work, deadlineMs) =>
      database.run(work, deadlineMs).catch((error) => {
        const failure = classifyFailure(error);
        if (failure.kind === "data") throw error;
        logger.warn("Admin request failed because Postgres is unavailable: {reason}", {
          reason: failure.message,
        });
        throw new PostgresUnavailableError({ cause: error });
      }),
  };
}
