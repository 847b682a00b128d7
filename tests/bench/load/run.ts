/**
 * One load, from its first request to its last response.
 *
 * With a rate it is an open loop: a request is due at its time even if earlier ones are unanswered, and
 * its latency counts from then, so that a stalling server cannot hide it (coordinated omission).
 */

import { quantile } from "../statistics.ts";
import { Connection } from "./connection.ts";
import { EVENTS_PER_REQUEST, isAccepted, Requests } from "./requests.ts";
import type { Load, LoadResult } from "./types.ts";

const TICK_MS = 1;

/** Runs one load. */
export class LoadRun {
  readonly #load: Load;
  readonly #requests: Requests;
  readonly #latencies: number[] = [];
  #startedAt = performance.now();
  #accepted = 0;
  #done = 0;
  #failures = 0;
  #failure: string | null = null;
  #more = Promise.withResolvers<void>();

  constructor(load: Load) {
    this.#load = load;
    this.#requests = new Requests(load.route, load.keys);
  }

  /** Reports how many of the accepted events are done (see `Load.window`). */
  reportDone(done: number): void {
    this.#done = done;
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }

  /** Opens the connections and generates the load. */
  async start(): Promise<LoadResult> {
    const { connections, port, rate, seconds } = this.#load;
    const opened = await Promise.all(
      Array.from({ length: connections }, () => Connection.open(port)),
    );
    this.#startedAt = performance.now();
    if (rate === null) await Promise.all(opened.map((connection) => this.#closedLoop(connection)));
    else await this.#openLoop(opened, rate);
    const elapsedSeconds = this.#elapsedMs / 1000;
    for (const connection of opened) connection[Symbol.dispose]();
    const answered = this.#latencies.length;
    return {
      requests: answered,
      seconds,
      elapsedSeconds,
      accepted: this.#accepted,
      failures: this.#failures,
      failure: this.#failure,
      p50Ms: answered === 0 ? 0 : quantile(this.#latencies, 0.5),
      p99Ms: answered === 0 ? 0 : quantile(this.#latencies, 0.99),
    };
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  get #isOver(): boolean {
    return this.#elapsedMs >= this.#load.seconds * 1000;
  }

  async #closedLoop(connection: Connection): Promise<void> {
    while (!this.#isOver) {
      if (this.#isWindowFull()) await this.#more.promise;
      else if (!await this.#request(connection, this.#elapsedMs)) return;
    }
  }

  /** Sends each request when it is due, on any free connection. */
  async #openLoop(opened: readonly Connection[], rate: number): Promise<void> {
    const total = Math.floor(this.#load.seconds * rate);
    const free = [...opened];
    const busy = new Set<Promise<void>>();
    let begun = 0;
    const dueAt = () => begun * 1000 / rate;

    const serve = async (connection: Connection): Promise<void> => {
      while (begun < total && dueAt() <= this.#elapsedMs) {
        const due = dueAt();
        begun += 1;
        if (!await this.#request(connection, due)) return;
      }
      free.push(connection);
    };
    while (begun < total && free.length + busy.size > 0) {
      while (free.length > 0 && begun < total && dueAt() <= this.#elapsedMs) {
        const connection = free.pop();
        if (connection === undefined) break;
        const work = serve(connection).finally(() => busy.delete(work));
        busy.add(work);
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    await Promise.all(busy);
  }

  /** Sends the next request; false if the connection broke. */
  async #request(connection: Connection, dueAt: number): Promise<boolean> {
    const { route, rate } = this.#load;
    try {
      const { status, body } = await connection.request(this.#requests.next());
      if (status !== 200 || !isAccepted(route, body)) this.#fail(`${status} ${body}`);
      else {
        this.#accepted += EVENTS_PER_REQUEST[route];
        // A response after the end counts as accepted, but not towards the rate.
        if (rate !== null || !this.#isOver) this.#latencies.push(this.#elapsedMs - dueAt);
      }
      return true;
    } catch (error) {
      this.#fail(String(error));
      return false;
    }
  }

  #isWindowFull(): boolean {
    const { window } = this.#load;
    return window !== null && this.#accepted - this.#done >= window;
  }

  #fail(reason: string): void {
    this.#failures += 1;
    this.#failure ??= reason.slice(0, 300);
  }
}
