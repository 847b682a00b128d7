/**
 * The outbox in KV is the truth about what is still to be enriched; a message of the KV queue is only
 * the listener that begins a sweep. A message that comes twice finds no record; a record for which nobody
 * rang is found by the next sweep.
 */

import type { Outbox } from "../kv/outbox.ts";
import { outboxKey, UNDELIVERED } from "../kv/keys.ts";
import { activeTrace } from "../tracing.ts";

/** The kind of record. */
export const KIND = "enrichment";

const BACKOFF_MS = [100, 1_000, 5_000, 30_000];

/** A message of the KV queue: there is something in the outbox. */
export interface Notification {
  readonly kind: typeof KIND;
}

/** What an outbox is made of. */
export interface OutboxOptions {
  /** A time-ordered id for a record. */
  readonly newId: () => string;
  /** Whether the KV queue delivers, so that it is worth ringing. */
  readonly notifies: () => boolean;
}

/** The outbox of enrichment. */
export function createOutbox({ newId, notifies }: OutboxOptions): Outbox {
  return {
    add(operation, segments) {
      const flush = activeTrace();
      for (const segment of segments) operation.set(outboxKey(KIND, newId(), flush), segment);
      if (segments.length === 0 || !notifies()) return;
      const listener: Notification = { kind: KIND };
      operation.enqueue(listener, {
        backoffSchedule: BACKOFF_MS,
        keysIfUndelivered: [UNDELIVERED], // for a person to see; the records wait for the sweep
      });
    },
  };
}
