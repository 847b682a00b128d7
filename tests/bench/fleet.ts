/**
 * Several services on one KV, whose Postgres is never available: what they accept stays in the buffer. Each
 * has a load generator of its own, and all share the connections.
 */

import { assertDurable } from "./buffer.ts";
import { readCpu } from "./cpu.ts";
import type { KvUnderTest } from "./fleet_kv.ts";
import type { LoadGenerator, LoadRequest } from "./load/control.ts";
import { NO_POSTGRES, type Server, startService, UNBOUNDED } from "./servers.ts";
import type { Suite } from "./types.ts";

/** A slow KV is measured, not refused. */
const PATIENT = { MAX_COMMIT_WAIT_MS: "60000" } as const;

/** What one load got, and what it cost, in microseconds of CPU time for each event. */
export interface FleetResult {
  readonly eventsPerSecond: number;
  /** All services, with all threads. */
  readonly serviceUs: number;
  /** Their main threads. */
  readonly mainThreadUs: number;
  /** The server of KV; `null`: it is a file. */
  readonly kvUs: number | null;
  /** The load generators. */
  readonly loadUs: number;
  /** CPU time of all of them by the time it took. */
  readonly busyCores: number;
}

/** Running services. */
export interface Fleet extends AsyncDisposable {
  /** Generates a load, with so many connections in all. */
  run(load: Omit<LoadRequest, "port"> & { readonly connections: number }): Promise<FleetResult>;
  /**
   * Kills them and counts their events.
   *
   * @throws if an event went missing
   */
  check(): Promise<void>;
}

/** Starts a service for each load generator. */
export async function openFleet(
  suite: Suite,
  kv: KvUnderTest,
  generators: readonly LoadGenerator[],
): Promise<Fleet> {
  await using opened = new AsyncDisposableStack();
  const services: Server[] = [];
  for (const _ of generators) {
    const environment = { ...UNBOUNDED, ...PATIENT, KV_PATH: kv.path };
    services.push(
      opened.use(await startService(await suite.newFolder(), NO_POSTGRES, environment)),
    );
  }
  const parts = opened.move();
  let accepted = 0;

  async function readAll(): Promise<[total: number, main: number, kv: number, load: number]> {
    const [used, load, server] = await Promise.all([
      Promise.all(services.map(({ pid }) => readCpu(pid))),
      Promise.all(generators.map(({ pid }) => readCpu(pid))),
      kv.readCpu?.() ?? 0,
    ]);
    return [
      sum(used.map(({ total }) => total)),
      sum(used.map(({ mainThread }) => mainThread)),
      server,
      sum(load.map(({ total }) => total)),
    ];
  }

  return {
    async run({ connections, ...load }) {
      const before = await readAll();
      const startedAt = performance.now();
      const results = await Promise.all(
        services.map(({ port }, i) =>
          generators[i]?.run({ ...load, port, connections: connections / services.length })
        ),
      );
      const elapsedUs = (performance.now() - startedAt) * 1000;
      const events = sum(results.map((result) => result?.accepted ?? 0));
      accepted += events;
      const after = await readAll();
      const [service = 0, mainThread = 0, server = 0, generated = 0] = after.map((used, i) =>
        used - (before[i] ?? 0)
      );
      return {
        eventsPerSecond: events / Math.max(...results.map((result) => result?.elapsedSeconds ?? 0)),
        serviceUs: service / events,
        mainThreadUs: mainThread / events,
        kvUs: kv.readCpu === null ? null : server / events,
        loadUs: generated / events,
        busyCores: (service + server + generated) / elapsedUs,
      };
    },
    async check() {
      for (const service of services) await service.end();
      suite.progress(`counting ${accepted.toLocaleString("en")} events`);
      await assertDurable(kv.path, accepted);
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
