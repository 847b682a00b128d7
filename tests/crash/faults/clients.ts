/** Clients of the fixture: what they send, what they are told, and what they make of it. */

import { isWorthRepeating, SEND_AGAIN } from "../../../src/events/send_again.ts";
import type { TestApp } from "../../support/app.ts";

/** What a client was told of an event. */
export type Told =
  /** `tracked: true` */
  | "taken"
  /** `tracked: false`: certainly not stored. */
  | "not stored"
  /** An error: perhaps stored. */
  | "doubt"
  /** What nobody should hear. */
  | string;

const SINGLES = 6;
const BATCH = 6;

/** Events of one `send`. */
export const EVENTS: number = SINGLES + BATCH;

/** Sends single events and a batch, all at once, every other event with a key; `from` numbers them. */
export async function send(
  sluice: TestApp,
  run: string,
  from: number,
): Promise<Map<number, Told>> {
  const told = new Map<number, Told>();
  const batch = Array.from({ length: BATCH }, (_, i) => from + SINGLES + i);
  await Promise.all([
    ...Array.from({ length: SINGLES }, (_, i) => sendOne(sluice, run, from + i, told)),
    sendBatch(sluice, run, batch, told),
  ]);
  return told;
}

/** Sends again what a client may send again without making two of it; what it is told replaces what it was. */
export async function sendAgain(
  sluice: TestApp,
  run: string,
  told: Map<number, Told>,
): Promise<void> {
  const again = [...told].filter(([n, what]) =>
    what === "not stored" || what === "doubt" && hasKey(n)
  );
  for (const [n] of again) await sendOne(sluice, run, n, told);
}

async function sendOne(sluice: TestApp, run: string, n: number, told: Map<number, Told>) {
  const response = await sluice.post("/v1/events", eventOf(run, n));
  const { tracked } = await response.json();
  if (response.status === 500) told.set(n, "doubt");
  else if (response.status !== 200) told.set(n, `status ${response.status}`);
  else told.set(n, tracked ? "taken" : "not stored");
}

async function sendBatch(sluice: TestApp, run: string, numbers: number[], told: Map<number, Told>) {
  const events = numbers.map((n) => eventOf(run, n));
  const response = await sluice.post("/v1/events/batch", { events });
  const { results } = await response.json();
  numbers.forEach((n, i) => told.set(n, toldOf(results?.[i])));
}

function toldOf(result: { data: { tracked: boolean } | null; error: string | null } | undefined) {
  if (result?.data?.tracked) return "taken";
  const error = result?.error ?? "no answer";
  if (error === `The event could not be stored; ${SEND_AGAIN}`) return "not stored";
  return isWorthRepeating(error) ? "doubt" : error;
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

/** Whether an event has an idempotency key, so that its client may send it again. */
export function hasKey(n: number): boolean {
  return n % 2 === 0;
}
