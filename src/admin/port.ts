/** The port that the procedures for admins stand on. */

import type {
  DeadLetterPage,
  DeadLettersInput,
  EventPage,
  Overview,
  Receipt,
  ReceiptInput,
  RecentEventsInput,
  Rejections,
  Replayed,
  ReplayInput,
  TailInput,
  TailUpdate,
  Timeseries,
  TimeseriesInput,
} from "./schema.ts";

/** Postgres is needed and does not answer. */
export class PostgresAwayError extends Error {
  override readonly name = "PostgresAwayError";

  constructor(options?: ErrorOptions) {
    super("Postgres does not answer; events are taken and kept meanwhile", options);
  }
}

/** What an admin can see and put right. Rejects with `PostgresAwayError`. */
export interface Admin {
  overview(): Promise<Overview>;
  timeseries(input: TimeseriesInput): Promise<Timeseries>;
  recentEvents(input: RecentEventsInput): Promise<EventPage>;
  /** Yields until `signal` says so, each news with the id to resume from. */
  tail(input: TailInput, signal: AbortSignal): AsyncIterable<[id: string, update: TailUpdate]>;
  receipt(input: ReceiptInput): Promise<Receipt>;
  listDeadLetters(input: DeadLettersInput): Promise<DeadLetterPage>;
  replayDeadLetters(input: ReplayInput): Promise<Replayed>;
  /** @returns how many dead letters are gone */
  discardDeadLetters(eventIds: readonly string[]): Promise<number>;
  rejections(): Promise<Rejections>;
}
