/** The clients of a fault test: what they send, and how they react to responses. */

import { isWorthRepeating, SEND_AGAIN } from "../../../src/events/send_again.ts";
import type { TestApp } from "../../support/app.ts";

/** The response to an event, as its client understands it. */
export type Outcome =
  /** `tracked: true`. */
  | "accepted"
  /** `tracked: false`: certainly not stored. */
  | "not stored"
  /** 500: perhaps stored. */
  | "in doubt"
  /** Anything else, which no client should receive. */
  | string;

const SINGLES = 6;
const BATCH = 6;

/** Number of events of one `send`. */
export const EVENTS: number = SINGLES + BATCH;

/** Sends single events and a batch at once, numbered from `from`; every other event has a key. */
export async function send(
  sluice: TestApp,
  run: string,
  from: number,
): Promise<Map<number, Outcome>> {
  const outcomes = new Map<number, Outcome>();
  const batch = Array.from({ length: BATCH }, (_, i) => from + SINGLES + i);
  await Promise.all([
    ...Array.from({ length: SINGLES }, (_, i) => sendOne(sluice, run, from + i, outcomes)),
    sendBatch(sluice, run, batch, outcomes),
  ]);
  return outcomes;
}

/** Retries what is safe to retry, and replaces its outcomes: not stored, or in doubt with a key. */
export async function sendAgain(
  sluice: TestApp,
  run: string,
  outcomes: Map<number, Outcome>,
): Promise<void> {
  const retries = [...outcomes].filter(([n, outcome]) =>
    outcome === "not stored" || outcome === "in doubt" && hasKey(n)
  );
  for (const [n] of retries) await sendOne(sluice, run, n, outcomes);
}

async function sendOne(sluice: TestApp, run: string, n: number, outcomes: Map<number, Outcome>) {
  const response = await sluice.post("/v1/events", eventOf(run, n));
  const { tracked } = await response.json();
  if (response.status === 500) outcomes.set(n, "in doubt");
  else if (response.status !== 200) outcomes.set(n, `status ${response.status}`);
  else outcomes.set(n, tracked ? "accepted" : "not stored");
}

async function sendBatch(
  sluice: TestApp,
  run: string,
  numbers: number[],
  outcomes: Map<number, Outcome>,
) {
  const events = numbers.map((n) => eventOf(run, n));
  const response = await sluice.post("/v1/events/batch", { events });
  const { results } = await response.json();
  numbers.forEach((n, i) => outcomes.set(n, toOutcome(results?.[i])));
}

function toOutcome(
  result: { data: { tracked: boolean } | null; error: string | null } | undefined,
) {
  if (result?.data?.tracked) return "accepted";
  const error = result?.error ?? "no response";
  if (error === `The event could not be stored; ${SEND_AGAIN}`) return "not stored";
  return isWorthRepeating(error) ? "in doubt" : error;
}

function eventOf(run: string, n: number): Record<string, unknown> {
  return {
    eventType: `fault_${n}`,
    sessionId: run,
    props: { run, n },
    ...(hasKey(n)
      ? { idempotencyKey: `${run.slice(0, 24)}${n.toString(16).padStart(12, "0")}` }
      : {}),
  };
}

/** Whether an event has an idempotency key, so that its client may retry it. */
export function hasKey(n: number): boolean {
  return n % 2 === 0;
}
