/** Sends numbered events to a service and records the responses. */

import type { Database } from "../../src/store/database.ts";

/** The numbers of the events that were sent, by response. */
export interface SentEvents {
  /** Acknowledged with `tracked: true`. */
  readonly acknowledged: Set<number>;
  /** Answered with anything else. */
  readonly refused: number[];
  /** Not answered. */
  readonly unanswered: Set<number>;
}

/** Returns a record without events. */
export function newSentEvents(): SentEvents {
  return { acknowledged: new Set(), refused: [], unanswered: new Set() };
}

/** Makes an event that carries its number; every third has an idempotency key. */
export function numberedEvent(run: string, n: number): Record<string, unknown> {
  const event = { eventType: `load_${n}`, props: { run, n } };
  return n % 3 === 0 ? { ...event, idempotencyKey: keyOf(run, n) } : event;
}

function keyOf(run: string, n: number): string {
  return `${run.slice(0, 24)}${n.toString(16).padStart(12, "0")}`;
}

/** Sends one event and records its response. */
export async function send(url: string, run: string, n: number, sent: SentEvents): Promise<void> {
  try {
    const response = await fetch(`${url}/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(numberedEvent(run, n)),
    });
    const answer = await response.json();
    if (response.ok && answer.tracked === true) sent.acknowledged.add(n);
    else sent.refused.push(n);
    sent.unanswered.delete(n);
  } catch {
    sent.unanswered.add(n);
  }
}

/** Sends the events `from` … `to` - 1 with `workers` concurrent senders, until done or `stop`. */
export async function sendMany(
  url: string,
  run: string,
  [from, to]: readonly [number, number],
  sent: SentEvents,
  workers = 16,
  stop: AbortSignal = new AbortController().signal,
): Promise<void> {
  let next = from;
  await Promise.all(Array.from({ length: workers }, async () => {
    while (next < to && !stop.aborted) await send(url, run, next++, sent);
  }));
}

/** Counts the rows of a run in `events`, by event number. */
export async function rowsOf(database: Database, run: string): Promise<Map<number, number>> {
  const rows = await database.run((sql) =>
    sql<{ n: number; rows: number }[]>`
      select (props->>'n')::integer as n, count(*)::integer as rows
      from events where props->>'run' = ${run} group by 1
    `
  );
  return new Map(rows.map(({ n, rows }) => [n, rows]));
}

/** Compares the rows of a run with the responses: acknowledged events without a row, and duplicate rows. */
export async function audit(
  database: Database,
  run: string,
  sent: SentEvents,
): Promise<{ lost: number[]; duplicated: number[] }> {
  const rows = await rowsOf(database, run);
  return {
    lost: [...sent.acknowledged].filter((n) => !rows.has(n)),
    duplicated: [...rows].filter(([, count]) => count > 1).map(([n]) => n),
  };
}
