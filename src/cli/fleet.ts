/** Service processes behind a load balancer: one that ends is started again, and left out meanwhile. */

import { type Clock, pause } from "../clock.ts";
import type { Balancer } from "./balancer.ts";
import type { ServiceProcess } from "./service_process.ts";

/** A process and where it serves. */
export interface Member {
  readonly url: string;
  readonly service: Pick<ServiceProcess, "start" | "stop" | "ended">;
}

/** Options of `Fleet`. */
export interface FleetOptions {
  readonly members: readonly Member[];
  readonly balancer: Pick<Balancer, "add" | "remove">;
  readonly clock: Pick<Clock, "after" | "monotonic">;
  /** Called with one line for each process that ended. */
  readonly say: (line: string) => void;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** After serving for as long, a process counts as started. */
const STABLE_MS = 60_000;

/** Keeps processes running until it is disposed, which drains and ends them. */
export class Fleet implements AsyncDisposable {
  readonly #options: FleetOptions;
  readonly #stop = new AbortController();
  #keeping: Promise<unknown> = Promise.resolve();

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Starts all; resolves to `null` once they serve, or to the exit code of one that did not start. */
  async start(): Promise<number | null> {
    const { members, balancer } = this.#options;
    const codes = await Promise.all(
      members.map(({ url, service }) => service.start(`${url}/livez`)),
    );
    const failed = codes.find((code) => code !== null);
    if (failed !== undefined) return failed;
    for (const { url } of members) balancer.add(url);
    this.#keeping = Promise.all(members.map((member) => this.#keep(member)));
    return null;
  }

  async #keep({ url, service }: Member): Promise<void> {
    const { balancer, clock, say } = this.#options;
    let pauseMs = FIRST_PAUSE_MS;
    let since: number | null = clock.monotonic();
    for (;;) {
      const how = await service.ended;
      balancer.remove(url);
      if (this.#stop.signal.aborted) {
        if (how === "SIGKILL") say(`The process at ${url} was killed: it did not stop in time`);
        return;
      }
      if (since !== null && clock.monotonic() - since >= STABLE_MS) pauseMs = FIRST_PAUSE_MS;
      since = null;
      say(`The process at ${url} ended with ${how}; it is started again in ${pauseMs / 1000} s`);
      await pause(clock, pauseMs, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      if (await service.start(`${url}/livez`) !== null) continue;
      since = clock.monotonic();
      balancer.add(url);
    }
  }

  /** Ends all processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#options.members.map(({ service }) => service.stop()));
    await this.#keeping;
  }
}
