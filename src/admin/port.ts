/** The port behind the `admin.*` procedures. */

import type { ApiKeys, CreatedApiKey, NewApiKeyInput } from "./schema/api_keys.ts";
import type {
  DeadLetterPage,
  DeadLettersInput,
  Replayed,
  ReplayInput,
} from "./schema/dead_letters.ts";
import type {
  EventPage,
  Receipt,
  ReceiptInput,
  RecentEventsInput,
  TailInput,
  TailUpdate,
} from "./schema/events.ts";
import type { Overview } from "./schema/overview.ts";
import type { Rejections } from "./schema/rejections.ts";
import type { Timeseries, TimeseriesInput } from "./schema/timeseries.ts";

/** Thrown when a procedure needs Postgres and it is not responding. */
export class PostgresUnavailableError extends Error {
  override readonly name = "PostgresUnavailableError";

  constructor(options?: ErrorOptions) {
    super("Postgres is not responding; events are still accepted and buffered", options);
  }
}

/** Thrown when a process has as many live tails as it serves. */
export class TooManyTailsError extends Error {
  override readonly name = "TooManyTailsError";

  /** @param limit how many it serves */
  constructor(limit: number) {
    super(`This process already serves ${limit} live tails, which is the limit; close one of them`);
  }
}

/** What admins can do with API keys. All can reject with `PostgresUnavailableError`. */
export interface ApiKeyActions {
  list(): Promise<ApiKeys>;
  create(input: NewApiKeyInput): Promise<CreatedApiKey>;
  /** @returns whether it was in use */
  revoke(id: string): Promise<boolean>;
}

/** The operations of admins. All that need Postgres can reject with `PostgresUnavailableError`. */
export interface Admin {
  overview(): Promise<Overview>;
  timeseries(input: TimeseriesInput): Promise<Timeseries>;
  recentEvents(input: RecentEventsInput): Promise<EventPage>;
  /** Yields updates, each with the id to resume from, until `signal` aborts. */
  tail(input: TailInput, signal: AbortSignal): AsyncIterable<[id: string, update: TailUpdate]>;
  receipt(input: ReceiptInput): Promise<Receipt>;
  listDeadLetters(input: DeadLettersInput): Promise<DeadLetterPage>;
  replayDeadLetters(input: ReplayInput): Promise<Replayed>;
  /** @returns how many dead letters were deleted */
  discardDeadLetters(eventIds: readonly string[]): Promise<number>;
  rejections(): Promise<Rejections>;
  readonly apiKeys: ApiKeyActions;
}
