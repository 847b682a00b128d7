/** The parent's side of the process that makes load. */

import { fileURLToPath } from "node:url";
import { Peer } from "../peer.ts";
import type { Load, LoadResult, Order } from "./types.ts";

const GENERATOR = fileURLToPath(new URL("./generator.ts", import.meta.url));
/** Connections, where nothing else is said. */
const CONNECTIONS = { track: 64, trackBatch: 8 } as const;

/** What has to be said of a load. */
export type LoadRequest = Pick<Load, "port" | "route" | "seconds"> & Partial<Load>;

/** A process that makes one load after the other. */
export class LoadGenerator implements AsyncDisposable {
  readonly #peer = new Peer<Order, LoadResult>(GENERATOR);

  /**
   * Makes a load.
   *
   * @throws where any request was not answered as it should be
   */
  async make(request: LoadRequest): Promise<LoadResult> {
    const result = await this.attempt(request);
    if (result.failures > 0) {
      throw new Error(`${result.failures} requests failed, the first: ${result.failure}`);
    }
    return result;
  }

  /** Makes a load, whatever its requests are answered. */
  async attempt(request: LoadRequest): Promise<LoadResult> {
    const connections = CONNECTIONS[request.route];
    const load: Load = { connections, keyed: false, rate: null, window: null, ...request };
    return await this.#peer.ask({ load });
  }

  /** Tells the load that is being made how many of its events are done. */
  async noteDone(done: number): Promise<void> {
    await this.#peer.tell({ done });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#peer[Symbol.asyncDispose]();
  }
}
