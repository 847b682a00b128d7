/** An event's life, as steps. */

import type { Receipt } from "../../admin/schema.ts";

/** A step: it was taken, it is where the event is, or it is still to come. */
export interface Step {
  readonly name: string;
  /** ISO 8601; `null` where it is not known or still to come. */
  readonly at: string | null;
  readonly state: "done" | "here" | "bad" | "to_come";
  /** Since the step before it, in milliseconds. */
  readonly afterMs: number | null;
  readonly note: string | null;
}

const NOTES: Readonly<Record<string, string>> = {
  Received: "Durable in the buffer before it was answered.",
  Stored: "A row in Postgres.",
};

/** The steps in the order of time; what is still to come at the end. */
export function lifecycleOf(receipt: Receipt): Step[] {
  const { state, receivedAt, deadAt, replayedAt, storedAt, enrichedAt, reason } = receipt;
  if (state === "unknown") return [];
  const isDead = state === "dead_lettered";
  const taken = [
    { name: "Received", at: receivedAt },
    { name: "Refused by Postgres", at: deadAt },
    { name: "Replayed", at: replayedAt },
    { name: "Stored", at: storedAt },
    { name: "Enriched", at: enrichedAt },
  ].filter((step): step is { name: string; at: string } => step.at !== null)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const steps = taken.map(({ name, at }, i): Step => {
    const before = taken[i - 1];
    const isRefusal = name === "Refused by Postgres";
    return {
      name,
      at,
      state: isRefusal ? "bad" : "done",
      afterMs: before === undefined ? null : Date.parse(at) - Date.parse(before.at),
      note: isRefusal ? reason : NOTES[name] ?? null,
    };
  });
  return isDead ? steps : [...steps, ...toCome(receipt)];
}

/** Rows of before there was a time of storing have none. */
function toCome({ state, storedAt }: Receipt): Step[] {
  const later = (name: string): Step => ({
    name,
    at: null,
    state: "to_come",
    afterMs: null,
    note: null,
  });
  const stored: Step = { ...later("Stored"), state: "done", note: "Before times were kept." };
  const waits: Step = { ...later("Buffered"), state: "here", note: "Waits for the next flush." };
  switch (state) {
    case "buffered":
      return [waits, later("Stored"), later("Enriched")];
    case "stored":
      return [...(storedAt === null ? [stored] : []), later("Enriched")];
    default:
      return [];
  }
}

/** Whether nothing will happen to it by itself any more. */
export function isFinal({ state }: Receipt): boolean {
  return state === "enriched" || state === "dead_lettered";
}
