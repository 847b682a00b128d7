/** Controls the process that generates load. */

import { fileURLToPath } from "node:url";
import { Subprocess } from "../subprocess.ts";
import type { Load, LoadCommand, LoadResult } from "./types.ts";

const GENERATOR = fileURLToPath(new URL("./generator.ts", import.meta.url));
/** Default number of connections. */
const CONNECTIONS = { track: 64, trackBatch: 8, trackCalls: 8 } as const;

/** A load in which everything but port, route and duration has a default. */
export type LoadRequest = Pick<Load, "port" | "route" | "seconds"> & Partial<Load>;

/** A process that generates one load after the other. */
export class LoadGenerator implements AsyncDisposable {
  readonly #process = new Subprocess<LoadCommand, LoadResult>(GENERATOR);

  /** The id of the process. */
  get pid(): number {
    return this.#process.pid;
  }

  /**
   * Generates a load.
   *
   * @throws if any request failed
   */
  async run(request: LoadRequest): Promise<LoadResult> {
    const result = await this.attempt(request);
    if (result.failures > 0) {
      throw new Error(`${result.failures} requests failed, the first: ${result.failure}`);
    }
    return result;
  }

  /** Generates a load; failed requests are only counted. */
  async attempt(request: LoadRequest): Promise<LoadResult> {
    const connections = CONNECTIONS[request.route];
    const load: Load = { connections, keys: "none", rate: null, window: null, ...request };
    return await this.#process.request({ load });
  }

  /** Reports how many events of the current load are done (see `Load.window`). */
  async reportDone(done: number): Promise<void> {
    await this.#process.send({ done });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
