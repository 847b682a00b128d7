/**
 * `enrichment`: enrichment alone against the flush alone, with the same Postgres and the same events in KV.
 * The flush reads segments and writes `events`; enrichment reads outbox records and writes
 * `event_enrichments`, `sessions` and visits. Both run in the process of the bench, one after the other.
 */

import { systemClock } from "../../../src/clock.ts";
import { openEnrichers } from "../../../src/enrichment/enrichers.ts";
import { createEnrichment } from "../../../src/enrichment/consumer.ts";
import { reduceContext } from "../../../src/enrichment/reduce_context.ts";
import { createKeepCopies } from "../../../src/outbox/kept_copies.ts";
import { createRecordWriter } from "../../../src/outbox/record.ts";
import { Sweep } from "../../../src/outbox/sweep.ts";
import { Flusher } from "../../../src/flush/flusher.ts";
import { openKv } from "../../../src/kv/open.ts";
import { Database } from "../../../src/store/database.ts";
import { createEnrichmentSink } from "../../../src/store/enrichment_sink.ts";
import { createEventSink } from "../../../src/store/event_sink.ts";
import { interleave, toFigure } from "../figure.ts";
import { kvPathOf } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";
import { newId } from "../../support/ids.ts";

const EVENTS = 20_000;
const never = new AbortController().signal;

/** Part `enrichment`. */
export const enrichmentPart = {
  name: "enrichment",
  title: "enrichment alone against the flush alone",
  async run(suite: Suite): Promise<Figure[]> {
    const measured = await measureEnrichment(suite);
    return [toFigure({
      part: "enrichment",
      name: "enrichment alone",
      unit: "events/s",
      values: measured.enrichment,
      limit: { name: "the flush alone", values: measured.flush },
      target: { atLeast: 1 },
    })];
  },
};

/** Measures events per second of the flush and of enrichment. */
export async function measureEnrichment(
  suite: Suite,
): Promise<{ flush: number[]; enrichment: number[] }> {
  suite.progress("warming up");
  await runOnce(suite);
  const flush: number[] = [];
  const [enrichment] = await interleave(suite, "events/s", [{
    name: "flush, then enrichment",
    measure: async () => {
      const rates = await runOnce(suite);
      flush.push(rates.flush);
      return rates.enrichment;
    },
  }]);
  return { flush, enrichment };
}

async function runOnce(suite: Suite) {
  const keepCopies = createKeepCopies({
    keepMs: 600_000,
    newId,
    reduceContext,
    isDiskFull: () => false,
  });
  const { url } = await suite.emptyPostgres();
  await using database = new Database({ url });
  const path = kvPathOf(await suite.folderWithEvents(EVENTS));
  using kv = await openKv(path, { clock: systemClock, random: Math.random });
  using enrichers = await openEnrichers({ ownHosts: [], cityDatabase: null, clock: systemClock });
  const consumer = createEnrichment({
    enrichers: enrichers.list,
    sink: createEnrichmentSink(database, new Map()),
    observe: () => {},
  });
  const flusher = new Flusher({
    kv,
    clock: systemClock,
    newId,
    idempotencyTtlMs: 3_600_000,
    sink: createEventSink(database),
    outbox: createRecordWriter({ consumers: [consumer], newId, queueDelivers: () => false }),
    onFlushed: () => {},
  });
  const sweep = new Sweep({ keepCopies, kv, clock: systemClock, newId, consumer });
  const flush = await perSecond(async () => {
    const { stored } = await flusher.flush("size", never);
    if (stored !== EVENTS) throw new Error(`${stored} events stored instead of ${EVENTS}`);
  });
  const enrichment = await perSecond(() => sweep.run(never));
  return { flush, enrichment };
}

async function perSecond(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return EVENTS / (performance.now() - startedAt) * 1000;
}
