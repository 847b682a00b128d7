/** The port of consumers, which do further work on events once they are rows. */

/** A record: events of one flush that wait for one consumer. */
export interface OutboxRecord {
  /** See `events/line.ts`. */
  readonly lines: readonly string[];
  /** The `traceparent` of the flush, where it was traced. */
  readonly trace: string | undefined;
}

/**
 * A consumer of the outbox. Each has records of its own kind, so that consumers never wait for one another.
 *
 * To add one, implement this and list it where the outbox is created. Every process has to list the same
 * kinds: a flush writes records for those that its own process lists.
 */
export interface OutboxConsumer {
  /** Part of its records' keys, so it must never change. */
  readonly kind: string;
  /** The name of the span around each batch. */
  readonly span: string;
  /**
   * Whether its records include the contexts of requests, which contain IP addresses. Set to false where
   * records may wait for long (contract 7.4); lines then have an empty context.
   */
  readonly needsContext: boolean;
  /**
   * Processes records together, which are deleted afterwards. If this rejects, they are processed again,
   * first one by one and then in the next sweep. A crash, or two processes at once, can cause a repetition
   * as well, so it must change nothing.
   */
  process(records: readonly OutboxRecord[]): Promise<void>;
  /**
   * Whether a record could be processed now, for a record that keeps failing: then it is that record's
   * fault. Without it, that shows only once other records are processed.
   */
  readonly canProcess?: () => Promise<boolean>;
  /** Called with each batch: its number of events, its duration, and whether it was processed. */
  readonly onBatch?: (events: number, seconds: number, processed: boolean) => void;
}
