/**
 * Outbox records in KV are the truth about what is still to be done; a KV queue message only starts a sweep
 * early. A message that is delivered twice finds no record, and the next sweep finds records whose message
 * was lost.
 *
 * Each kind of consumer has a copy of the events. A flush bounds its batch by the number of copies, so
 * that all of them fit into its one commit. A shared copy would need a count of the kinds that still have
 * to process it, and would keep IP addresses until the slowest of them is done (contract 7.4).
 */

import { EMPTY_CONTEXT, joinLine, readRowJson } from "../events/line.ts";
import { outboxKey } from "../kv/keys.ts";
import { MAX_LINE_BYTES, MAX_VALUE_BYTES } from "../kv/limits.ts";
import type { Outbox } from "../kv/outbox.ts";
import type { AtomicOperation } from "../kv/port.ts";
import { merge, pack, unpack } from "../kv/segment.ts";
import { activeTrace } from "../tracing.ts";
import type { OutboxConsumer } from "./consumer.ts";
import { notify } from "./queue_listener.ts";

/** One operation has to hold the largest segment once for each kind. */
const MAX_KINDS = Math.floor(MAX_LINE_BYTES / MAX_VALUE_BYTES);

/** Options of `createRecordWriter`. */
export interface RecordWriterOptions {
  /** The consumers that records are written for, whether or not they run in this process. */
  readonly consumers: readonly Pick<OutboxConsumer, "kind" | "needsContext">[];
  /** Returns a time-ordered id for a record. */
  readonly newId: () => string;
  /** Whether the KV queue is known to deliver messages. */
  readonly queueDelivers: () => boolean;
}

/**
 * Creates the writing side of the outbox.
 *
 * @throws {RangeError} where there are more kinds than one operation can hold
 */
export function createRecordWriter(options: RecordWriterOptions): Outbox {
  const { consumers, newId, queueDelivers } = options;
  if (consumers.length > MAX_KINDS) {
    throw new RangeError(
      `Cannot have ${consumers.length} consumers: at most ${MAX_KINDS} are possible`,
    );
  }
  return {
    copies: consumers.length,
    add(operation, segments) {
      if (segments.length === 0) return;
      const trace = activeTrace();
      for (const { kind, needsContext } of consumers) {
        const values = needsContext ? segments : withoutContexts(segments);
        addRecords(operation, values, { kind, newId, trace });
        if (queueDelivers()) notify(operation, kind);
      }
    },
  };
}

/** The consumer of new records, their ids, and the `traceparent` of the work that adds them. */
export interface NewRecords {
  readonly kind: string;
  /** Returns a time-ordered id for a record. */
  readonly newId: () => string;
  readonly trace?: string | undefined;
}

/** Adds a record for each segment to an operation. No message is sent, so request a sweep after it. */
export function addRecords(
  operation: AtomicOperation,
  segments: readonly Uint8Array[],
  { kind, newId, trace }: NewRecords,
): void {
  for (const segment of segments) operation.set(outboxKey(kind, newId(), trace), segment);
}

/** Removes the contexts. The lines become shorter, so there may be fewer segments. */
function withoutContexts(segments: readonly Uint8Array[]): Uint8Array[] {
  return merge(
    segments.flatMap((segment) =>
      pack(unpack(segment).map((line) => joinLine(readRowJson(line), EMPTY_CONTEXT)))
        .map(({ bytes }) => bytes)
    ),
  );
}
