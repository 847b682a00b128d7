/** The port of whatever works on events after they became rows. */

/** A record: events of one flush that wait for one consumer. */
export interface OutboxRecord {
  /** See `events/line.ts`. */
  readonly lines: readonly string[];
  /** The `traceparent` of the flush, where it was traced. */
  readonly trace: string | undefined;
}

/**
 * A consumer of the outbox. Each has records of its own kind, so that none waits for another.
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
   * Whether its records hold the contexts of requests, which name IP addresses. A consumer that is not
   * quick to process its records must do without (contract 7.4); its lines have an empty context.
   */
  readonly needsContext: boolean;
  /**
   * Processes records together. They are deleted afterwards; where this rejects they are processed again,
   * one by one and then in the next sweep. So they are after a crash or by two processes at once: a
   * repetition must change nothing.
   */
  process(records: readonly OutboxRecord[]): Promise<void>;
  /** Called with each batch: its events, how long it took, whether it was processed. */
  readonly onBatch?: (events: number, seconds: number, processed: boolean) => void;
}
