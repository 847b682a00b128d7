/**
 * `pipeline`: the whole way, sustained: accepted, then a row, then enriched, all in one service at once, on the
 * machine that Postgres and the load are on as well.
 *
 * The load never lets more than a window of events be under way, so that nothing can pile up: what is
 * accepted in a second is what was enriched in it. Whether it did pile up is looked at all the same.
 */

import { figureOf } from "../figure.ts";
import type { LoadGenerator } from "../load/control.ts";
import { metricOf, type Server, startService } from "../servers.ts";
import { spreadOf } from "../statistics.ts";
import type { Figure, Suite } from "../types.ts";
import { measureEnrichment } from "./enrichment.ts";
import { measureBatch } from "./batch.ts";
import { measureDrain } from "./drain.ts";

/** Accepted and not yet enriched, at the most. */
const WINDOW = 20_000;
const POLL_MS = 100;
const SETTLE_MS = 60_000;

/** The part. */
export const pipelinePart = {
  name: "pipeline",
  title: "the whole way",
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
    suite.progress("each step alone");
    const alone: Readonly<Record<string, readonly number[]>> = {
      trackBatch: (await measureBatch(short)).service,
      drain: (await measureDrain(short)).service,
      enrichment: (await measureEnrichment(short)).enrichment,
    };
    const [slowest] = Object.entries(alone)
      .map(([name, rates]) => ({ name, median: spreadOf(rates).median }))
      .toSorted((a, b) => a.median - b.median);
    if (slowest === undefined) throw new Error("Nothing is slowest");
    return [figureOf({
      part: "pipeline",
      name: `accepted, stored and enriched, for ${suite.scale.sustainedSeconds} s`,
      unit: "events/s",
      values: [rate],
      limit: { name: `the slowest step alone: ${slowest.name}`, values: [slowest.median] },
      reach: { atLeast: 0.5 },
    })];
  },
};

/** Events a second that came out enriched. */
async function measurePipeline(suite: Suite): Promise<number> {
  const { scale, load, progress } = suite;
  const postgres = await suite.freshPostgres();
  await using sluice = await startService(await suite.newFolder(), postgres.url);
  const seconds = scale.sustainedSeconds + scale.warmUpSeconds;
  using watch = new Watch(sluice, load, scale.warmUpSeconds, progress);
  const { accepted } = await load.make({
    port: sluice.port,
    route: "trackBatch",
    seconds,
    window: WINDOW,
  });
  const rate = watch.perSecond();
  await watch.until(accepted);
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

/** Watches how many events are enriched, and tells the load. */
class Watch implements Disposable {
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

  /** Events a second, after the warm-up. */
  perSecond(): number {
    const first = this.#samples.find(({ at }) => at >= this.#warmUpSeconds * 1000);
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || first === last) throw new Error("No samples");
    return (last.enriched - first.enriched) / (last.at - first.at) * 1000;
  }

  /** Resolves when so many events are enriched. */
  async until(events: number): Promise<void> {
    const giveUpAt = performance.now() + SETTLE_MS;
    while ((this.#samples.at(-1)?.enriched ?? 0) < events) {
      if (performance.now() > giveUpAt) {
        throw new Error(`Fewer than ${events} events were enriched`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #poll(): Promise<void> {
    for (let toldAt = 0; !this.#over;) {
      const enriched = await metricOf(this.#server, "sluice_events_enriched_total").catch(() =>
        null
      );
      if (this.#over) return;
      if (enriched !== null) {
        const at = performance.now() - this.#startedAt;
        this.#samples.push({ at, enriched });
        await this.#load.noteDone(enriched);
        if (at - toldAt >= 5_000) {
          this.#progress(`${Math.round(at / 1000)} s: ${enriched.toLocaleString("en")} enriched`);
          toldAt = at;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  [Symbol.dispose](): void {
    this.#over = true;
  }
}
