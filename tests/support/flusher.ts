/** A flusher on a test's KV and sink. */

import { systemClock } from "../../src/clock.ts";
import { readRowJson } from "../../src/events/line.ts";
import type { EventSink, WriteResult } from "../../src/events/sink.ts";
import { createRecordWriter } from "../../src/outbox/record.ts";
import { Flusher } from "../../src/flush/flusher.ts";
import type { FlusherOptions } from "../../src/flush/types.ts";
import type { Kv } from "../../src/kv/port.ts";
import { newId } from "./ids.ts";

/** Never aborted. */
export const forever: AbortSignal = new AbortController().signal;

/** A sink that records its batches and returns what the test says. */
export class MemorySink implements EventSink {
  readonly batches: string[][] = [];
  /** Called for each batch. */
  answer: (lines: readonly string[]) => WriteResult | Promise<WriteResult> = (lines) => ({
    ok: true,
    stored: lines.length,
    replays: [],
    dead: [],
  });

  write(lines: readonly string[]): Promise<WriteResult> {
    this.batches.push(lines.map(readRowJson));
    return Promise.resolve(this.answer(lines));
  }
}

/** Creates a flusher with the service's defaults and `options`. */
export function makeFlusher(
  kv: Kv,
  sink: EventSink,
  options: Partial<FlusherOptions> = {},
): Flusher {
  return new Flusher({
    kv,
    sink,
    clock: systemClock,
    idempotencyTtlMs: 3_600_000,
    newId,
    outbox: createRecordWriter({
      consumers: [{ kind: "enrichment", needsContext: true }],
      newId,
      queueDelivers: () => false,
    }),
    onFlushed: () => {},
    ...options,
  });
}
