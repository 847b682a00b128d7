/** Far more than the service can do, for a while: what clients are told, what is stored, what it weighs. */

import { readBalance } from "../../src/kv/counter.ts";
import { rowsOf } from "../support/load.ts";
import { drainProcess } from "../support/service_process.ts";
import { type LoadReport, OpenLoad } from "./open_load.ts";
import { openPlace, type Place, weigh } from "./environment.ts";

/** What an overload is made of. */
export interface OverloadOptions {
  /** How long it lasts. */
  readonly seconds: number;
  /** Times the sustainable rate. */
  readonly factor: number;
  /** `MAX_BUFFERED_EVENTS`; `null`: the default, so that only the queue before the buffer overflows. */
  readonly maxBuffered: number | null;
  /** Milliseconds that each answer of Postgres is held back, which makes it the bottleneck. */
  readonly latencyMs: number;
  /** How long the sustainable rate is looked for. */
  readonly probeSeconds: number;
  /** How long clients go on, counted from when they first came. */
  readonly timeoutSeconds: number;
  readonly connections: number;
  readonly say: (line: string) => void;
}

/** What came of it. */
export interface OverloadReport extends LoadReport {
  /** Events a second. */
  readonly sustainable: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly doubled: number;
  /** Rows of events that were not acknowledged. */
  readonly strange: number;
  readonly isReconciled: boolean;
  /** Resident memory in MB: before, at the most, and in the second half of the overload less the first. */
  readonly rss: { readonly before: number; readonly peak: number; readonly growth: number };
  /** The most that was buffered. */
  readonly buffered: number;
}

const SAMPLE_MS = 250;
const PROBE_MS = 20;
const MIN_STEPS = 5;
/** Enough to find the limit, and not to go far beyond it. */
const PROBE_CONNECTIONS = 16;

/** Runs one. */
export async function overload(options: OverloadOptions): Promise<OverloadReport> {
  const { maxBuffered, latencyMs, seconds, factor, timeoutSeconds, connections, say } = options;
  await using place = await openPlace({
    BATCH_TIMEOUT_MS: "1000",
    ...(maxBuffered === null ? {} : { MAX_BUFFERED_EVENTS: String(maxBuffered) }),
  });
  const { service, proxy, database, kvPath } = place;
  using kv = await Deno.openKv(kvPath);
  proxy.toClient = async (bytes) => {
    await new Promise((resolve) => setTimeout(resolve, latencyMs));
    return { bytes };
  };
  const sustainable = await findRate(options, place, kv);
  say(`sustainable: ${sustainable.toFixed()} events/s; now ${factor} times that for ${seconds} s`);

  const run = crypto.randomUUID();
  const load = new OpenLoad({
    url: service.url,
    run,
    eventsPerSecond: sustainable * factor,
    // Single events do not fill the queue before the buffer: each needs a connection of its own.
    inBatches: maxBuffered === null ? 1 : 0.9,
    connections,
    giveUpAfterMs: timeoutSeconds * 1000,
  });
  const samples: { rss: number; buffered: number }[] = [];
  const { rss: before } = await weigh(service);
  const watching = watch(async () => {
    const { buffered } = await readBalance(kv);
    const { rss } = await weigh(service);
    samples.push({ rss, buffered });
    if (samples.length % 20 === 0) {
      say(`${load.acknowledged.size} acknowledged, ${buffered} buffered, ${rss.toFixed()} MB`);
    }
  });
  await load.arrive(seconds * 1000);
  const during = samples.map(({ rss }) => rss);
  await load.settle();
  await watching.stop();
  proxy.toClient = (bytes) => ({ bytes });
  await drainProcess(service);

  const rows = await rowsOf(database, run);
  const { accepted, stored, replays, buffered, dead_letters } = await readBalance(kv);
  const middle = Math.floor(during.length / 2);
  return {
    ...load.report(),
    sustainable,
    acknowledged: load.acknowledged.size,
    lost: [...load.acknowledged].filter((n) => !rows.has(n)).length,
    doubled: [...rows.values()].filter((count) => count > 1).length,
    strange: [...rows.keys()].filter((n) => !load.acknowledged.has(n)).length,
    isReconciled: accepted === stored + replays + buffered + dead_letters && dead_letters === 0,
    rss: {
      before,
      peak: Math.max(...samples.map(({ rss }) => rss)),
      growth: Math.max(...during.slice(middle)) - Math.max(...during.slice(0, middle)),
    },
    buffered: Math.max(...samples.map(({ buffered }) => buffered)),
  };
}

/**
 * The rate at which events come through in the end: what Postgres takes where the buffer is limited,
 * else what the buffer takes. Measured under clients that come again at once.
 */
async function findRate(
  { maxBuffered, probeSeconds, say }: OverloadOptions,
  { service }: Place,
  kv: Deno.Kv,
): Promise<number> {
  say(`looking for the sustainable rate for ${probeSeconds} s`);
  const run = crypto.randomUUID();
  const through = async () => {
    const { accepted, stored } = await readBalance(kv);
    return maxBuffered === null ? accepted : stored;
  };
  let stopped = false;
  let n = 0;
  const working = Promise.all(Array.from({ length: PROBE_CONNECTIONS }, async () => {
    while (!stopped) {
      const events = Array.from({ length: 50 }, () => ({
        eventType: "probe",
        entityType: "asset",
        entityId: `c${(n++).toString(36).padStart(24, "0")}`,
        props: { run },
      }));
      const body = JSON.stringify({ events });
      const response = await fetch(`${service.url}/v1/events/batch`, { method: "POST", body });
      await response.body?.cancel();
      if (response.headers.has("retry-after")) await pause(100);
    }
  }));
  await pause(probeSeconds * 500); // the first half fills the buffer and warms up
  const endsAt = performance.now() + probeSeconds * 500;
  // Events come through in steps: from one to another is whole steps, from a moment on is not.
  const steps: { at: number; events: number }[] = [];
  while (performance.now() < endsAt || steps.length < MIN_STEPS) {
    const events = await through();
    if (events !== steps.at(-1)?.events) steps.push({ at: performance.now(), events });
    await pause(PROBE_MS);
  }
  stopped = true;
  await working;
  const [first, last] = [steps[1], steps.at(-1)];
  if (first === undefined || last === undefined) throw new Error("Nothing came through");
  const rate = (last.events - first.events) / (last.at - first.at) * 1000;
  say(`the service weighs ${(await weigh(service)).rss.toFixed()} MB then`);
  return rate;
}

function watch(sample: () => Promise<void>): { stop(): Promise<void> } {
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      await sample();
      await pause(SAMPLE_MS);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await watching;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
