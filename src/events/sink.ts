/** The port to the database that a flush writes to. */

/** An event that did not become a new row. */
export interface Unstored {
  readonly eventId: string;
  readonly idempotencyKey: string | null;
  /** The existing row of its idempotency key; `null` for a dead letter. */
  readonly rowId: string | null;
}

/** The result of writing a batch. */
export type WriteResult =
  | {
    readonly ok: true;
    /** New rows; fewer than the events if some had been written before. */
    readonly stored: number;
    /** Events whose idempotency key had a row already (contract 5.4). */
    readonly replays: readonly Unstored[];
    /** Events that Postgres rejected, now dead letters (contract 7.3). */
    readonly dead: readonly Unstored[];
  }
  /** The sink is unavailable: keep the batch and retry later. */
  | {
    readonly ok: false;
    readonly reason: string;
    /** Whether these events may be what it refuses; only a batch with other events can tell. */
    readonly doubtful?: boolean;
  };

/** Writes batches. Writing the same lines twice must have the effect of writing them once. */
export interface EventSink {
  /** @param lines see `events/line.ts` */
  write(lines: readonly string[]): Promise<WriteResult>;
}
