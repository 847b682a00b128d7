/** A flusher on a KV, with a sink of a test's own. */

import { systemClock } from "../../src/clock.ts";
import { readRowJson } from "../../src/events/line.ts";
import type { EventSink, Written } from "../../src/events/sink.ts";
import { createRecords } from "../../src/outbox/record.ts";
import { Flusher, type FlusherOptions } from "../../src/flush/flusher.ts";
import type { Kv } from "../../src/kv/port.ts";
import { newId } from "./ids.ts";

/** Never aborted. */
export const forever: AbortSignal = new AbortController().signal;

/** A sink that remembers what it was given and answers as it is told. */
export class MemorySink implements EventSink {
  readonly batches: string[][] = [];
  /** Called for each batch. */
  answer: (lines: readonly string[]) => Written | Promise<Written> = (lines) => ({
    ok: true,
    stored: lines.length,
    replays: [],
    dead: [],
  });

  write(lines: readonly string[]): Promise<Written> {
    this.batches.push(lines.map(readRowJson));
    return Promise.resolve(this.answer(lines));
  }
}

/** Makes a flusher. */
export function makeFlusher(
  kv: Kv,
  sink: EventSink,
  options: Partial<FlusherOptions> = {},
): Flusher {
  return new Flusher({
    kv,
    sink,
    clock: systemClock,
    newId,
    outbox: createRecords({
      consumers: [{ kind: "enrichment", needsContext: true }],
      newId,
      notifies: () => false,
    }),
    onFlushed: () => {},
    ...options,
  });
}
