/**
 * Load as many clients make it together: single events and batches, with idempotency keys and without,
 * on whichever service is there. What has a key is sent again until it is acknowledged, as the SDK does.
 */

import type { Random } from "../../src/simulate/random.ts";
import type { Database } from "../../src/store/database.ts";
import { until } from "./until.ts";

/** What a load is made of. */
export interface MixedLoadOptions {
  /** Marks the load's events; a UUID. */
  readonly run: string;
  readonly random: Random;
  /** Requests at once. */
  readonly workers: number;
  /** Services that may be sent to at the moment. */
  readonly urls: () => readonly string[];
}

/** How the rows of a load differ from what its clients were told. */
export interface Account {
  readonly acknowledged: number;
  readonly rows: number;
  readonly enrichments: number;
  /** Acknowledged and no row. */
  readonly lost: readonly number[];
  readonly doubled: readonly number[];
  /** Rows of events that were never sent, or surely not stored. */
  readonly strange: readonly number[];
  /** Events by the sums of their sessions, which no repeated enrichment may raise. */
  readonly inSessions: number;
}

interface Request {
  readonly numbers: readonly number[];
  readonly batch: boolean;
}

const SESSIONS = 97;
const MAX_BATCH = 30;

/** Numbered events, and what became of each. */
export class MixedLoad {
  readonly #options: MixedLoadOptions;
  readonly #retries: Request[] = [];
  /** No key and no answer: perhaps stored, and never sent again. */
  readonly #doubtful = new Set<number>();
  #next = 0;
  #stopped = true;
  #running: Promise<unknown> = Promise.resolve();

  /** Events answered `tracked: true`. */
  readonly acknowledged = new Set<number>();
  /** Answers that no client should have seen. */
  readonly refused: string[] = [];

  constructor(options: MixedLoadOptions) {
    this.#options = options;
  }

  /** Begins to send. */
  start(): void {
    this.#stopped = false;
    this.#running = Promise.all(Array.from({ length: this.#options.workers }, async () => {
      while (!this.#stopped) await this.#send(this.#retries.shift() ?? this.#invent());
    }));
  }

  /** Begins nothing new and waits for the answers. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** Sends what has a key and no answer yet, until there is nothing of that. */
  async finish(): Promise<void> {
    for (let request = this.#retries.shift(); request; request = this.#retries.shift()) {
      await this.#send(request);
    }
  }

  /** Compares with what is in Postgres. */
  async account(database: Database): Promise<Account> {
    const { run } = this.#options;
    const sessions = `${run.slice(0, 24)}%`;
    const found = await database.run((sql) =>
      sql<{ n: number; rows: number }[]>`
        select (props->>'n')::integer as n, count(*)::integer as rows
        from events where props->>'run' = ${run} group by 1
      `
    );
    const [sums] = await database.run((sql) =>
      sql<[{ enrichments: number; inSessions: number }]>`
        select
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
      doubled: [...rows].filter(([, count]) => count > 1).map(([n]) => n),
      strange: [...rows.keys()].filter((n) => !acknowledged.has(n) && !this.#doubtful.has(n)),
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
      const answer = await response.json();
      const answers: unknown[] = batch && response.ok
        ? answer.results.map(({ data }: { data: { tracked: boolean } | null }) => data?.tracked)
        : [response.ok && answer.tracked];
      if (!answers.every((tracked) => tracked === true)) {
        this.refused.push(`${response.status} ${JSON.stringify(answer).slice(0, 300)}`);
      }
      numbers.forEach((n, i) => {
        if (answers[i] !== true) return;
        this.acknowledged.add(n);
        this.#doubtful.delete(n);
      });
    } catch {
      const keyed = numbers.filter(hasKey);
      if (keyed.length > 0) this.#retries.push({ numbers: keyed, batch });
      for (const n of numbers) this.#doubtful.add(n);
    }
  }

  #event(n: number): Record<string, unknown> {
    const { run } = this.#options;
    return {
      eventType: "load_test",
      // No two events are the same, so that each has to become a row.
      entityType: "asset",
      entityId: `c${n.toString(36).padStart(24, "0")}`,
      sessionId: uuidOf(run, n % SESSIONS),
      props: { run, n },
      ...(hasKey(n) ? { idempotencyKey: uuidOf(run, n) } : {}),
    };
  }
}

function hasKey(n: number): boolean {
  return n % 3 === 0;
}

function uuidOf(run: string, n: number): string {
  return `${run.slice(0, 24)}${n.toString(16).padStart(12, "0")}`;
}
