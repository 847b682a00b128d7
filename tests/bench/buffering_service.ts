/**
 * A service whose Postgres is never available: what it accepts stays in the buffer, and is counted there
 * after the service has been killed.
 */

import { assertDurable } from "./buffer.ts";
import type { LoadRequest } from "./load/control.ts";
import { EVENTS_PER_REQUEST } from "./load/requests.ts";
import type { LoadResult } from "./load/types.ts";
import { kvPathOf, NO_POSTGRES, startService, UNBOUNDED } from "./servers.ts";
import type { Suite } from "./types.ts";

/** Options of `openBufferingService`. */
export interface BufferingOptions {
  /** Where its data is; by default a new folder. */
  readonly folder?: string;
  /** How many events are buffered already. */
  readonly buffered?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A running service. */
export interface BufferingService extends AsyncDisposable {
  /** Generates a load. */
  run(load: Omit<LoadRequest, "port">): Promise<LoadResult>;
  /** Generates a load and returns the events it got accepted per second. */
  eventsPerSecond(load: Omit<LoadRequest, "port">): Promise<number>;
  /** Kills it. */
  end(): Promise<void>;
  /**
   * Kills it and counts its events.
   *
   * @param path the KV's file, if it is not in the folder
   * @throws if an event went missing
   */
  check(path?: string): Promise<void>;
}

/** Starts a service. */
export async function openBufferingService(
  suite: Suite,
  options: BufferingOptions = {},
): Promise<BufferingService> {
  const folder = options.folder ?? await suite.newFolder();
  const environment = { ...UNBOUNDED, ...options.environment };
  const sluice = await startService(folder, NO_POSTGRES, environment);
  let accepted = options.buffered ?? 0;
  async function run(load: Omit<LoadRequest, "port">): Promise<LoadResult> {
    const result = await suite.load.run({ ...load, port: sluice.port });
    accepted += result.accepted;
    return result;
  }
  return {
    run,
    async eventsPerSecond(load) {
      const { requests, seconds } = await run(load);
      return requests * EVENTS_PER_REQUEST[load.route] / seconds;
    },
    end: () => sluice.end(),
    async check(path = kvPathOf(folder)) {
      await sluice.end();
      suite.progress(`counting ${accepted.toLocaleString("en")} events`);
      await assertDurable(path, accepted);
    },
    [Symbol.asyncDispose]: () => sluice[Symbol.asyncDispose](),
  };
}
