/**
 * The load of many clients: single events and batches, with and without idempotency keys and sessions, to
 * any running service. Events with a key are retried until acknowledged, as the SDK does.
 */

import { SEND_AGAIN } from "../../src/events/send_again.ts";
import type { Random } from "../../src/simulate/random.ts";
import type { Database } from "../../src/store/database.ts";
import { until } from "./until.ts";

/** Options of `MixedLoad`. */
export interface MixedLoadOptions {
  /** Marks the load's events; a UUID. */
  readonly run: string;
  readonly random: Random;
  /** Requests at once. */
  readonly workers: number;
  /** The services that are running now. */
  readonly urls: () => readonly string[];
}

/** Rows of a load compared with its responses. */
export interface LoadAudit {
  readonly acknowledged: number;
  readonly rows: number;
  readonly enrichments: number;
  /** Acknowledged events without a row. */
  readonly lost: readonly number[];
  readonly duplicated: readonly number[];
  /** Rows of events that were never sent or were refused. */
  readonly unexpected: readonly number[];
  /** Rows with a session. */
  readonly sessionRows: number;
  /** Sum of `event_count` over the sessions, which repeated enrichment must not raise. */
  readonly inSessions: number;
}

interface Request {
  readonly numbers: readonly number[];
  readonly batch: boolean;
}

const SESSIONS = 97;
const MAX_BATCH = 30;

/** Sends numbered events and records their responses. */
export class MixedLoad {
  readonly #options: MixedLoadOptions;
  readonly #retries: Request[] = [];
  /** Unanswered: perhaps stored. */
  readonly #unanswered = new Set<number>();
  #next = 0;
  #stopped = true;
  #running: Promise<unknown> = Promise.resolve();

  /** Numbers of the acknowledged events (`tracked: true`). */
  readonly acknowledged = new Set<number>();
  /** Responses that did not acknowledge every event. */
  readonly refused: string[] = [];

  constructor(options: MixedLoadOptions) {
    this.#options = options;
  }

  /** Starts sending. */
  start(): void {
    this.#stopped = false;
    this.#running = Promise.all(Array.from({ length: this.#options.workers }, async () => {
      while (!this.#stopped) await this.#send(this.#retries.shift() ?? this.#invent());
    }));
  }

  /** Stops sending and waits for outstanding responses. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Retries unanswered events that have a key, until all are answered. */
  async finish(): Promise<void> {
    for (let request = this.#retries.shift(); request; request = this.#retries.shift()) {
      await this.#send(request);
    }
  }

  /** Compares with the rows in Postgres. */
  async audit(database: Database): Promise<LoadAudit> {
    const { run } = this.#options;
    const sessions = `${run.slice(0, 24)}%`;
    const found = await database.run((sql) =>
      sql<{ n: number; rows: number }[]>`
        select (props->>'n')::integer as n, count(*)::integer as rows
        from events where props->>'run' = ${run} group by 1
      `
    );
    const [sums] = await database.run((sql) =>
      sql<[{ enrichments: number; sessionRows: number; inSessions: number }]>`
        select
          (select count(*)::integer from events
            where props->>'run' = ${run} and session_id is not null) as "sessionRows",
          (select count(*)::integer from event_enrichments n join events e
            on e.id = n.event_id and e.occurred_at = n.occurred_at
            where e.props->>'run' = ${run}) as enrichments,
          (select coalesce(sum(event_count), 0)::integer from sessions
            where id::text like ${sessions}) as "inSessions"
      `
    );
    const rows = new Map(found.map(({ n, rows }) => [n, rows]));
    const { acknowledged } = this;
    return {
      ...sums,
      acknowledged: acknowledged.size,
      rows: found.reduce((sum, { rows }) => sum + rows, 0),
      lost: [...acknowledged].filter((n) => !rows.has(n)),
      duplicated: [...rows].filter(([, count]) => count > 1).map(([n]) => n),
      unexpected: [...rows.keys()].filter((n) => !acknowledged.has(n) && !this.#unanswered.has(n)),
    };
  }

  #invent(): Request {
    const { random } = this.#options;
    const batch = random.chance(0.3);
    const from = this.#next;
    this.#next += batch ? random.whole(2, MAX_BATCH) : 1;
    return { numbers: Array.from({ length: this.#next - from }, (_, i) => from + i), batch };
  }

  async #send({ numbers, batch }: Request): Promise<void> {
    const { urls, random } = this.#options;
    await until(() => urls().length > 0, "a service");
    const url = random.pick(urls());
    const events = numbers.map((n) => this.#event(n));
    try {
      const response = await fetch(`${url}/v1/events${batch ? "/batch" : ""}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(batch ? { events } : events[0]),
      });
      const body = await response.json();
      const tracked: unknown[] = batch && response.ok
        ? body.results.map(({ data }: BatchResult) => data?.tracked)
        : [response.ok && body.tracked];
      // In doubt (contract 2.10): perhaps stored, and safe to send again with a key alone.
      const doubtful = numbers.filter((_, i) =>
        batch && response.ok ? isInDoubt(body.results[i]) : response.status === 500
      );
      this.#leaveUnanswered(doubtful, batch);
      if (!tracked.every((value) => value === true)) {
        this.refused.push(`${response.status} ${JSON.stringify(body).slice(0, 300)}`);
      }
      numbers.forEach((n, i) => {
        if (tracked[i] !== true) return;
        this.acknowledged.add(n);
        this.#unanswered.delete(n);
      });
    } catch {
      this.#leaveUnanswered(numbers, batch);
    }
  }

  #leaveUnanswered(numbers: readonly number[], batch: boolean): void {
    const keyed = numbers.filter(hasKey);
    if (keyed.length > 0) this.#retries.push({ numbers: keyed, batch });
    for (const n of numbers) this.#unanswered.add(n);
  }

  #event(n: number): Record<string, unknown> {
    const { run } = this.#options;
    return {
      eventType: "load_test",
      // All events are distinct, by entity or, without a session, by content: each must become a row.
      ...(hasSession(n)
        ? {
          entityType: "asset",
          entityId: `c${n.toString(36).padStart(24, "0")}`,
          sessionId: uuidOf(run, n % SESSIONS),
        }
        : {}),
      props: { run, n },
      ...(hasKey(n) ? { idempotencyKey: uuidOf(run, n) } : {}),
    };
  }
}

/** The result of an event in a batch. */
interface BatchResult {
  readonly data: { readonly tracked: boolean } | null;
  readonly error: string | null;
}

function isInDoubt({ data, error }: BatchResult): boolean {
  return data?.tracked !== true && error !== `The event could not be stored; ${SEND_AGAIN}`;
}

function hasKey(n: number): boolean {
  return n % 3 === 0;
}

function hasSession(n: number): boolean {
  return n % 4 !== 1;
}

function uuidOf(run: string, n: number): string {
  return `${run.slice(0, 24)}${n.toString(16).padStart(12, "0")}`;
}
