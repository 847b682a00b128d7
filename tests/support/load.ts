/** Load on a service, with a ledger of what was acknowledged. */

import type { Database } from "../../src/store/database.ts";

/** What became of the numbered events of a load. */
export interface Ledger {
  /** Numbers of events answered `tracked: true`. */
  readonly acknowledged: Set<number>;
  /** Numbers of events whose answer was an error of the service. */
  readonly refused: number[];
  /** Numbers of events that got no answer. */
  readonly unanswered: Set<number>;
}

/** An empty ledger. */
export function newLedger(): Ledger {
  return { acknowledged: new Set(), refused: [], unanswered: new Set() };
}

/** An event that carries its number, and from every third on an idempotency key. */
export function numberedEvent(run: string, n: number): Record<string, unknown> {
  const event = { eventType: `load_${n}`, props: { run, n } };
  return n % 3 === 0 ? { ...event, idempotencyKey: keyOf(run, n) } : event;
}

function keyOf(run: string, n: number): string {
  return `${run.slice(0, 24)}${n.toString(16).padStart(12, "0")}`;
}

/** Sends one event and notes what became of it. */
export async function send(url: string, run: string, n: number, ledger: Ledger): Promise<void> {
  try {
    const response = await fetch(`${url}/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(numberedEvent(run, n)),
    });
    const answer = await response.json();
    if (response.ok && answer.tracked === true) ledger.acknowledged.add(n);
    else ledger.refused.push(n);
    ledger.unanswered.delete(n);
  } catch {
    ledger.unanswered.add(n);
  }
}

/** Sends the events `from` … `to` - 1 by `workers` senders, until done or told to stop. */
export async function sendMany(
  url: string,
  run: string,
  [from, to]: readonly [number, number],
  ledger: Ledger,
  workers = 16,
  stop: AbortSignal = new AbortController().signal,
): Promise<void> {
  let next = from;
  await Promise.all(Array.from({ length: workers }, async () => {
    while (next < to && !stop.aborted) await send(url, run, next++, ledger);
  }));
}

/** How often each number of a run is in the table `events`. */
export async function rowsOf(database: Database, run: string): Promise<Map<number, number>> {
  const rows = await database.run((sql) =>
    sql<{ n: number; rows: number }[]>`
      select (props->>'n')::integer as n, count(*)::integer as rows
      from events where props->>'run' = ${run} group by 1
    `
  );
  return new Map(rows.map(({ n, rows }) => [n, rows]));
}

/** What is wrong with the rows of a run: acknowledged but not there, or there twice. */
export async function audit(
  database: Database,
  run: string,
  ledger: Ledger,
): Promise<{ lost: number[]; doubled: number[] }> {
  const rows = await rowsOf(database, run);
  return {
    lost: [...ledger.acknowledged].filter((n) => !rows.has(n)),
    doubled: [...rows].filter(([, count]) => count > 1).map(([n]) => n),
  };
}
