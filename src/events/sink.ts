/** The port through which batches of events leave for good. */

/** An event that did not become a row. */
export interface Unstored {
  readonly eventId: string;
  readonly idempotencyKey: string | null;
  /** The row that its idempotency key had made before; `null` for a dead letter. */
  readonly rowId: string | null;
}

/** What became of a batch, or why nothing did. */
export type Written =
  | {
    readonly ok: true;
    /** Rows that are new; fewer than the events where some had been written before. */
    readonly stored: number;
    /** Events whose idempotency key had made a row before (contract 5.4). */
    readonly replays: readonly Unstored[];
    /** Events that were refused for good, and kept elsewhere for a person to look at. */
    readonly dead: readonly Unstored[];
  }
  /** The sink is away: keep everything, try again later. */
  | { readonly ok: false; readonly reason: string };

/** Where batches go. Writing the same lines again must change nothing. */
export interface EventSink {
  /** @param lines see `events/line.ts` */
  write(lines: readonly string[]): Promise<Written>;
}
