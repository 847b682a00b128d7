/**
 * An open load: clients arrive at a fixed rate, however busy the service is. Each has a few events, honours
 * `Retry-After`, and retries until all of its events are accepted.
 */

import { USER_AGENTS } from "../../src/simulate/user_agents.ts";

/** Options of `OpenLoad`. */
export interface OpenLoadOptions {
  readonly url: string;
  /** Marks the load's events; a UUID. */
  readonly run: string;
  readonly eventsPerSecond: number;
  /** Share of the events that is sent in batches, 0 to 1; the others are sent singly. */
  readonly inBatches: number;
  /** Most requests at once; clients beyond that are counted, but send nothing. */
  readonly connections: number;
  /** How long a client retries before it gives up. */
  readonly clientTimeoutMs: number;
}

/** What the clients experienced. */
export interface LoadReport {
  /** Events of all clients. */
  readonly offered: number;
  /** Events of clients for which there was no connection. */
  readonly unsent: number;
  /** Events that their clients gave up on. */
  readonly abandoned: number;
  /** Responses by status; `0`: no response. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Refusals without a `Retry-After`. */
  readonly withoutRetryAfter: number;
  /** The `Retry-After` of refusals, in seconds. */
  readonly retryAfter: Percentiles;
  /** Retries after a `Retry-After`. */
  readonly retried: number;
  /** Those of which at least one event was accepted. */
  readonly retriesAccepted: number;
  /** Milliseconds to a response that accepted something. */
  readonly latency: Percentiles;
}

/** Percentiles of a distribution. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const BATCH = 50;
const TICK_MS = 5;
/** Delay of a retry without a `Retry-After`. */
const RETRY_MS = 500;
/** Spreads the retries of clients that were refused together. */
const JITTER_MS = 250;

/** Starts clients and records their responses. */
export class OpenLoad {
  readonly #options: OpenLoadOptions;
  readonly #client: Deno.HttpClient;
  readonly #clients = new Set<Promise<void>>();
  readonly #statuses: Record<number, number> = {};
  readonly #latencies: number[] = [];
  readonly #retryAfters: number[] = [];
  #next = 0;
  #inFlight = 0;
  #unsent = 0;
  #abandoned = 0;
  #withoutRetryAfter = 0;
  #retried = 0;
  #retriesAccepted = 0;

  /** Numbers of the acknowledged events (`tracked: true`). */
  readonly acknowledged = new Set<number>();

  constructor(options: OpenLoadOptions) {
    this.#options = options;
    this.#client = Deno.createHttpClient({ poolMaxIdlePerHost: options.connections });
  }

  /** Starts clients for `ms`, or until `stop`. Does not wait for them to finish. */
  async startClients(ms: number, stop: AbortSignal = new AbortController().signal): Promise<void> {
    const { eventsPerSecond, inBatches, connections } = this.#options;
    const startedAt = performance.now();
    const begun = this.#next;
    // Single clients per batch, so that the share of events is right.
    const singlesPerBatch = inBatches === 0 ? 1 : Math.round(BATCH * (1 - inBatches) / inBatches);
    for (let turn = 0; !stop.aborted;) {
      const elapsed = performance.now() - startedAt;
      if (elapsed >= ms) return;
      while (this.#next - begun < eventsPerSecond * elapsed / 1000) {
        const single = inBatches === 0 || turn++ % (singlesPerBatch + 1) !== 0;
        const count = single ? 1 : BATCH;
        const numbers = Array.from({ length: count }, () => this.#next++);
        if (this.#inFlight >= connections) this.#unsent += count;
        else this.#startClient(numbers, single);
      }
      await pause(TICK_MS);
    }
  }

  /** Waits until every client has delivered its events or given up. */
  async settle(): Promise<void> {
    await Promise.all(this.#clients);
    this.#client.close();
  }

  /** Returns what clients have experienced so far. */
  report(): LoadReport {
    return {
      offered: this.#next,
      unsent: this.#unsent,
      abandoned: this.#abandoned,
      statuses: this.#statuses,
      withoutRetryAfter: this.#withoutRetryAfter,
      retryAfter: toPercentiles(this.#retryAfters),
      retried: this.#retried,
      retriesAccepted: this.#retriesAccepted,
      latency: toPercentiles(this.#latencies),
    };
  }

  #startClient(numbers: readonly number[], single: boolean): void {
    const client = this.#deliver(numbers, single).finally(() => this.#clients.delete(client));
    this.#clients.add(client);
  }

  async #deliver(numbers: readonly number[], single: boolean): Promise<void> {
    const timeoutAt = performance.now() + this.#options.clientTimeoutMs;
    let isRetry = false;
    for (let rest = numbers;;) {
      const before = rest.length;
      const response = await this.#send(rest, single);
      rest = rest.filter((n) => !this.acknowledged.has(n));
      if (isRetry) {
        this.#retried += 1;
        if (rest.length < before) this.#retriesAccepted += 1;
      }
      if (rest.length === 0) return;
      const waitMs = response.retryAfterSeconds === null
        ? RETRY_MS
        : response.retryAfterSeconds * 1000 + Math.random() * JITTER_MS;
      isRetry = response.retryAfterSeconds !== null;
      if (performance.now() + waitMs > timeoutAt) {
        this.#abandoned += rest.length;
        return;
      }
      await pause(waitMs);
    }
  }

  /** Sends one request and records which events were acknowledged. */
  async #send(
    numbers: readonly number[],
    single: boolean,
  ): Promise<{ retryAfterSeconds: number | null }> {
    const { url, run } = this.#options;
    const events = numbers.map((n) => eventOf(run, n));
    const startedAt = performance.now();
    this.#inFlight += 1;
    try {
      const init: RequestInit & { client: Deno.HttpClient } = {
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": userAgentOf(numbers[0] ?? 0) },
        body: JSON.stringify(single ? events[0] : { events }),
        client: this.#client,
      };
      const response = await fetch(`${url}/v1/events${single ? "" : "/batch"}`, init);
      const body = await response.json();
      const accepted: boolean[] = single
        ? [body.tracked === true]
        : (body.results ?? []).map(({ status }: { status: string }) => status === "fulfilled");
      numbers.forEach((n, i) => accepted[i] && this.acknowledged.add(n));
      this.#statuses[response.status] = (this.#statuses[response.status] ?? 0) + 1;
      if (accepted.includes(true)) this.#latencies.push(performance.now() - startedAt);
      if (accepted.length > 0 && !accepted.includes(false)) return { retryAfterSeconds: null };
      const seconds = Number(response.headers.get("retry-after") ?? NaN);
      if (Number.isInteger(seconds) && seconds > 0) this.#retryAfters.push(seconds);
      else this.#withoutRetryAfter += 1;
      return { retryAfterSeconds: seconds > 0 ? seconds : null };
    } catch {
      this.#statuses[0] = (this.#statuses[0] ?? 0) + 1;
      return { retryAfterSeconds: null };
    } finally {
      this.#inFlight -= 1;
    }
  }
}

/** Makes an event as a page would send it; all are distinct, so each accepted one must become a row. */
function eventOf(run: string, n: number): Record<string, unknown> {
  const path = `/assets/${n % 5_000}`;
  return {
    eventType: "page_viewed",
    entityType: "asset",
    entityId: `c${n.toString(36).padStart(24, "0")}`,
    sessionId: `${run.slice(0, 24)}${(n % 20_000).toString(16).padStart(12, "0")}`,
    props: { run, n, path, title: `Asset number ${n % 5_000}`, viewport: "1280x720" },
    attribution: {
      landingPage: `https://shop.example${path}?utm_source=newsletter&utm_medium=email`,
      referrer: "https://search.example/",
    },
    // Retrying after a lost response takes a key.
    idempotencyKey: `${run.slice(0, 24)}${n.toString(16).padStart(12, "0")}`,
  };
}

const AGENTS = Object.values(USER_AGENTS).flat();

function userAgentOf(n: number): string {
  return AGENTS[n % AGENTS.length] ?? "";
}

/** Percentiles of numbers; 0 without any. */
export function toPercentiles(values: readonly number[]): Percentiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
