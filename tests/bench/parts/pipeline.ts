/**
 * `pipeline`: the sustained rate of the whole pipeline: accepting, storing and enriching at once in one
 * service, on the machine that also runs Postgres and the load.
 *
 * The load keeps at most a window of events in flight, so that no backlog builds up: events are accepted at
 * the rate at which they are enriched. All of them are counted at the end.
 */

import { toFigure } from "../figure.ts";
import type { LoadGenerator } from "../load/control.ts";
import { readMetric, type Server, startService } from "../servers.ts";
import { toSpread } from "../statistics.ts";
import type { Figure, Suite } from "../types.ts";
import { measureEnrichment } from "./enrichment.ts";
import { measureBatch } from "./batch.ts";
import { measureDrain } from "./drain.ts";

/** Most events accepted and not yet enriched. */
const WINDOW = 20_000;
const POLL_MS = 100;
const REPORT_MS = 2_000;
const SETTLE_MS = 60_000;

/** Part `pipeline`. */
export const pipelinePart = {
  name: "pipeline",
  title: "accepted, stored and enriched at once, sustained",
  async run(suite: Suite): Promise<Figure[]> {
    const rate = await measurePipeline(suite);
    const { repeats, drainEvents } = suite.scale;
    const short = {
      ...suite,
      scale: {
        ...suite.scale,
        repeats: Math.min(2, repeats),
        drainEvents: Math.min(50_000, drainEvents),
      },
    };
    suite.progress("measuring each step alone");
    const { rates: [trackBatch = []] } = await measureBatch(short, ["none"]);
    const [drain] = await measureDrain(short, ["none"]);
    const { enrichment } = await measureEnrichment(short);
    const alone = { trackBatch, drain: drain?.service ?? [], enrichment };
    const [slowest] = Object.entries(alone)
      .map(([name, rates]) => ({ name, median: toSpread(rates).median }))
      .toSorted((a, b) => a.median - b.median);
    if (slowest === undefined) throw new Error("No step was measured");
    return [toFigure({
      part: "pipeline",
      name: `accepted, stored and enriched, for ${suite.scale.sustainedSeconds} s, no keys`,
      unit: "events/s",
      values: [rate],
      limit: { name: `the slowest step alone: ${slowest.name}`, values: [slowest.median] },
      target: { atLeast: 0.5 },
    })];
  },
};

/** Measures enriched events per second. */
async function measurePipeline(suite: Suite): Promise<number> {
  const { scale, load, progress } = suite;
  const postgres = await suite.emptyPostgres();
  await using sluice = await startService(await suite.newFolder(), postgres.url);
  progress("accepting, storing and enriching");
  const seconds = scale.sustainedSeconds + scale.warmUpSeconds;
  using enriched = new EnrichmentProgress(sluice, load, scale.warmUpSeconds, progress);
  const { accepted } = await load.run({
    port: sluice.port,
    route: "trackBatch",
    seconds,
    window: WINDOW,
  });
  const rate = enriched.perSecond();
  await enriched.until(accepted);
  const [rows] = await postgres.sql<[{ events: number; enriched: number }]>`
    select
      (select count(*) from events)::integer as events,
      (select count(*) from event_enrichments)::integer as enriched
  `;
  if (rows.events !== accepted || rows.enriched !== accepted) {
    throw new Error(`${accepted} events accepted, ${rows.events} rows, ${rows.enriched} enriched`);
  }
  return rate;
}

/** Polls how many events are enriched and reports it to the load. */
class EnrichmentProgress implements Disposable {
  readonly #server: Server;
  readonly #load: LoadGenerator;
  readonly #samples: { readonly at: number; readonly enriched: number }[] = [];
  readonly #startedAt = performance.now();
  readonly #warmUpSeconds: number;
  readonly #progress: (text: string) => void;
  #over = false;

  constructor(
    server: Server,
    load: LoadGenerator,
    warmUpSeconds: number,
    progress: (text: string) => void,
  ) {
    this.#server = server;
    this.#load = load;
    this.#warmUpSeconds = warmUpSeconds;
    this.#progress = progress;
    this.#poll();
  }

  /** Events per second after the warm-up. */
  perSecond(): number {
    const first = this.#samples.find(({ at }) => at >= this.#warmUpSeconds * 1000);
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || first === last) throw new Error("No samples");
    return (last.enriched - first.enriched) / (last.at - first.at) * 1000;
  }

  /** Resolves when that many events are enriched. */
  async until(events: number): Promise<void> {
    const timeoutAt = performance.now() + SETTLE_MS;
    while ((this.#samples.at(-1)?.enriched ?? 0) < events) {
      if (performance.now() > timeoutAt) {
        throw new Error(`Fewer than ${events} events were enriched`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #poll(): Promise<void> {
    for (let reportedAt = 0; !this.#over;) {
      const enriched = await readMetric(this.#server, "sluice_events_enriched_total").catch(() =>
        null
      );
      if (this.#over) return;
      if (enriched !== null) {
        const at = performance.now() - this.#startedAt;
        this.#samples.push({ at, enriched });
        await this.#load.reportDone(enriched);
        if (at - reportedAt >= REPORT_MS) {
          this.#progress(`${Math.round(at / 1000)} s: ${enriched.toLocaleString("en")} enriched`);
          reportedAt = at;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  [Symbol.dispose](): void {
    this.#over = true;
  }
}
