/** Sends far more than the service can handle, and reports responses, rows and memory. */

import { readBalance } from "../../src/kv/counter.ts";
import { rowsOf } from "../support/load.ts";
import { drainProcess } from "../support/service_process.ts";
import { type LoadReport, OpenLoad } from "./open_load.ts";
import { openKvOf } from "../support/postgres_kv.ts";
import { type Environment, type KvKind, measureProcess, openEnvironment } from "./environment.ts";

/** Options of `overload`. */
export interface OverloadOptions {
  readonly kv: KvKind;
  /** Duration of the overload. */
  readonly seconds: number;
  /** Multiple of the sustainable rate. */
  readonly factor: number;
  /** `MAX_BUFFERED_EVENTS`; `null`: the default, so that only the queue before the buffer overflows. */
  readonly maxBuffered: number | null;
  /** Delay of each reply of Postgres, which makes it the bottleneck. */
  readonly latencyMs: number;
  /** How long the sustainable rate is measured. */
  readonly probeSeconds: number;
  /** How long a client retries, from its first request. */
  readonly timeoutSeconds: number;
  readonly connections: number;
  readonly say: (line: string) => void;
}

/** The measurements of an overload. */
export interface OverloadReport extends LoadReport {
  /** Events per second. */
  readonly sustainable: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Rows of events that were not acknowledged. */
  readonly unexpected: number;
  readonly isReconciled: boolean;
  /** Resident memory in MB: before, peak, and peak of the second half of the overload minus that of the first. */
  readonly rss: { readonly before: number; readonly peak: number; readonly growth: number };
  /** Most events buffered. */
  readonly buffered: number;
}

const SAMPLE_MS = 250;
const PROBE_MS = 20;
const MIN_STEPS = 5;
/** Enough to reach the limit without going far beyond it. */
const PROBE_CONNECTIONS = 16;

/** Measures the sustainable rate, overloads the service, then compares rows with responses. */
export async function overload(options: OverloadOptions): Promise<OverloadReport> {
  const { maxBuffered, latencyMs, seconds, factor, timeoutSeconds, connections, say } = options;
  await using environment = await openEnvironment({
    BATCH_TIMEOUT_MS: "1000",
    ...(maxBuffered === null ? {} : { MAX_BUFFERED_EVENTS: String(maxBuffered) }),
  }, options.kv);
  const { service, proxy, database, kvPath } = environment;
  await using buffer = await openKvOf(kvPath);
  const { kv } = buffer;
  proxy.toClient = async (bytes) => {
    await new Promise((resolve) => setTimeout(resolve, latencyMs));
    return { bytes };
  };
  const sustainable = await findRate(options, environment, kv);
  say(
    `sustainable: ${sustainable.toFixed()} events/s; sending ${factor} times that for ${seconds} s`,
  );

  const run = crypto.randomUUID();
  const load = new OpenLoad({
    url: service.url,
    run,
    eventsPerSecond: sustainable * factor,
    // Single events take a connection each, too few to fill the queue in front of the buffer.
    inBatches: maxBuffered === null ? 1 : 0.9,
    connections,
    clientTimeoutMs: timeoutSeconds * 1000,
  });
  const samples: { rss: number; buffered: number }[] = [];
  const { rss: before } = await measureProcess(service);
  const watching = watch(async () => {
    const { buffered } = await readBalance(kv);
    const { rss } = await measureProcess(service);
    samples.push({ rss, buffered });
    if (samples.length % 20 === 0) {
      say(`${load.acknowledged.size} acknowledged, ${buffered} buffered, ${rss.toFixed()} MB`);
    }
  });
  await load.startClients(seconds * 1000);
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
    duplicated: [...rows.values()].filter((count) => count > 1).length,
    unexpected: [...rows.keys()].filter((n) => !load.acknowledged.has(n)).length,
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
 * Measures the sustainable rate: how fast Postgres stores events if the buffer is limited, else how fast
 * the buffer accepts them. The clients of this load retry at once.
 */
async function findRate(
  { maxBuffered, probeSeconds, say }: OverloadOptions,
  { service }: Environment,
  kv: Deno.Kv,
): Promise<number> {
  say(`measuring the sustainable rate for ${probeSeconds} s`);
  const run = crypto.randomUUID();
  const countDone = async () => {
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
  // The count grows in steps, one per batch, so the rate is taken from step to step.
  const steps: { at: number; events: number }[] = [];
  while (performance.now() < endsAt || steps.length < MIN_STEPS) {
    const events = await countDone();
    if (events !== steps.at(-1)?.events) steps.push({ at: performance.now(), events });
    await pause(PROBE_MS);
  }
  stopped = true;
  await working;
  const [first, last] = [steps[1], steps.at(-1)];
  if (first === undefined || last === undefined) throw new Error("No event got through");
  const rate = (last.events - first.events) / (last.at - first.at) * 1000;
  say(`memory under this load: ${(await measureProcess(service)).rss.toFixed()} MB`);
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
