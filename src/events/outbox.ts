/** The port through which a flush leaves work behind, in its own commit. */

/** Work to do on events that became rows. */
export interface Outbox {
  /** Puts records of the events, as lines (see `line.ts`), into an atomic operation. */
  add(operation: Deno.AtomicOperation, lines: readonly string[]): void;
}
