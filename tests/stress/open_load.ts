/**
 * Load that does not wait for answers: clients come at a fixed rate, however busy the service is. Each
 * has a few events, honours `Retry-After`, and comes again until all of its events are taken.
 */

import { USER_AGENTS } from "../../src/simulate/user_agents.ts";

/** What a load is made of. */
export interface OpenLoadOptions {
  readonly url: string;
  /** Marks the load's events; a UUID. */
  readonly run: string;
  readonly eventsPerSecond: number;
  /** How many of them come in batches, in [0, 1]; the others come alone. */
  readonly inBatches: number;
  /** Requests at once, at the most; clients that find no room are not sent at all, but counted. */
  readonly connections: number;
  /** How long a client goes on; then it keeps its events to itself. */
  readonly giveUpAfterMs: number;
}

/** What clients lived to see. */
export interface LoadReport {
  /** Events that clients came with. */
  readonly offered: number;
  /** Events of clients that this generator could not send for. */
  readonly unsent: number;
  /** Events that their clients gave up on, after being told again and again to come later. */
  readonly givenUp: number;
  /** Answers by status; `0` is none. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Answers that told a client to come later, and did not say when. */
  readonly withoutRetryAfter: number;
  /** Seconds that clients were told to wait. */
  readonly retryAfter: Spread;
  /** Clients that came back when they were told to. */
  readonly cameBack: number;
  /** Those of them for whom there was room. */
  readonly foundSpace: number;
  /** Milliseconds until an answer that took something. */
  readonly latency: Spread;
}

/** A distribution. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const BATCH = 50;
const TICK_MS = 5;
/** A client whose answer got lost comes again this soon. */
const RETRY_MS = 500;
/** Clients of one moment do not come back in one moment. */
const JITTER_MS = 250;

/** Clients, and what they were told. */
export class OpenLoad {
  readonly #options: OpenLoadOptions;
  readonly #client: Deno.HttpClient;
  readonly #clients = new Set<Promise<void>>();
  readonly #statuses: Record<number, number> = {};
  readonly #latencies: number[] = [];
  readonly #retryAfters: number[] = [];
  #next = 0;
  #underway = 0;
  #unsent = 0;
  #givenUp = 0;
  #withoutRetryAfter = 0;
  #cameBack = 0;
  #foundSpace = 0;

  /** Numbers of events answered `tracked: true`. */
  readonly acknowledged = new Set<number>();

  constructor(options: OpenLoadOptions) {
    this.#options = options;
    this.#client = Deno.createHttpClient({ poolMaxIdlePerHost: options.connections });
  }

  /** Lets clients come for so long, or until told to stop. Does not wait for them. */
  async arrive(ms: number, stop: AbortSignal = new AbortController().signal): Promise<void> {
    const { eventsPerSecond, inBatches, connections } = this.#options;
    const startedAt = performance.now();
    const begun = this.#next;
    // So many single clients for each batch that the share of events is right.
    const perIteration = inBatches === 0 ? 1 : Math.round(BATCH * (1 - inBatches) / inBatches);
    for (let turn = 0; !stop.aborted;) {
      const elapsed = performance.now() - startedAt;
      if (elapsed >= ms) return;
      while (this.#next - begun < eventsPerSecond * elapsed / 1000) {
        const single = inBatches === 0 || turn++ % (perIteration + 1) !== 0;
        const count = single ? 1 : BATCH;
        const numbers = Array.from({ length: count }, () => this.#next++);
        if (this.#underway >= connections) this.#unsent += count;
        else this.#come(numbers, single);
      }
      await pause(TICK_MS);
    }
  }

  /** Waits until every client has got rid of its events, or of its patience. */
  async settle(): Promise<void> {
    await Promise.all(this.#clients);
    this.#client.close();
  }

  /** What clients lived to see so far. */
  report(): LoadReport {
    return {
      offered: this.#next,
      unsent: this.#unsent,
      givenUp: this.#givenUp,
      statuses: this.#statuses,
      withoutRetryAfter: this.#withoutRetryAfter,
      retryAfter: spreadOf(this.#retryAfters),
      cameBack: this.#cameBack,
      foundSpace: this.#foundSpace,
      latency: spreadOf(this.#latencies),
    };
  }

  #come(numbers: readonly number[], single: boolean): void {
    const client = this.#persist(numbers, single).finally(() => this.#clients.delete(client));
    this.#clients.add(client);
  }

  async #persist(numbers: readonly number[], single: boolean): Promise<void> {
    const giveUpAt = performance.now() + this.#options.giveUpAfterMs;
    let told = false;
    for (let rest = numbers;;) {
      const before = rest.length;
      const answer = await this.#send(rest, single);
      rest = rest.filter((n) => !this.acknowledged.has(n));
      if (told) {
        this.#cameBack += 1;
        if (rest.length < before) this.#foundSpace += 1;
      }
      if (rest.length === 0) return;
      const waitMs = answer.retryAfterSeconds === null
        ? RETRY_MS
        : answer.retryAfterSeconds * 1000 + Math.random() * JITTER_MS;
      told = answer.retryAfterSeconds !== null;
      if (performance.now() + waitMs > giveUpAt) {
        this.#givenUp += rest.length;
        return;
      }
      await pause(waitMs);
    }
  }

  /** One request. Marks what was taken. */
  async #send(
    numbers: readonly number[],
    single: boolean,
  ): Promise<{ retryAfterSeconds: number | null }> {
    const { url, run } = this.#options;
    const events = numbers.map((n) => eventOf(run, n));
    const startedAt = performance.now();
    this.#underway += 1;
    try {
      const init: RequestInit & { client: Deno.HttpClient } = {
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": userAgentOf(numbers[0] ?? 0) },
        body: JSON.stringify(single ? events[0] : { events }),
        client: this.#client,
      };
      const response = await fetch(`${url}/v1/events${single ? "" : "/batch"}`, init);
      const answer = await response.json();
      const taken: boolean[] = single
        ? [answer.tracked === true]
        : (answer.results ?? []).map(({ status }: { status: string }) => status === "fulfilled");
      numbers.forEach((n, i) => taken[i] && this.acknowledged.add(n));
      this.#statuses[response.status] = (this.#statuses[response.status] ?? 0) + 1;
      if (taken.includes(true)) this.#latencies.push(performance.now() - startedAt);
      if (taken.length > 0 && !taken.includes(false)) return { retryAfterSeconds: null };
      const seconds = Number(response.headers.get("retry-after") ?? NaN);
      if (Number.isInteger(seconds) && seconds > 0) this.#retryAfters.push(seconds);
      else this.#withoutRetryAfter += 1;
      return { retryAfterSeconds: seconds > 0 ? seconds : null };
    } catch {
      this.#statuses[0] = (this.#statuses[0] ?? 0) + 1;
      return { retryAfterSeconds: null };
    } finally {
      this.#underway -= 1;
    }
  }
}

/** An event as a page sends it; no two are the same, so that each that is taken has to become a row. */
function eventOf(run: string, n: number): Record<string, unknown> {
  const path = `/assets/${n % 5_000}`;
  return {
    eventType: "page_viewed",
    entityType: "asset",
    entityId: `c${n.toString(36).padStart(24, "0")}`,
    sessionId: `${run.slice(0, 24)}${(n % 20_000).toString(16).padStart(12, "0")}`,
    props: { run, n, path, title: `Asset number ${n % 5_000}`, viewport: "1280x720" },
    attribution: {
      landingPage: `https://shop.example${path}?utm_source=dead letter&utm_medium=email`,
      referrer: "https://search.example/",
    },
    // Lost answers happen here only with what has a key.
    idempotencyKey: `${run.slice(0, 24)}${n.toString(16).padStart(12, "0")}`,
  };
}

const AGENTS = Object.values(USER_AGENTS).flat();

function userAgentOf(n: number): string {
  return AGENTS[n % AGENTS.length] ?? "";
}

/** Percentiles of numbers; 0 where there are none. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
