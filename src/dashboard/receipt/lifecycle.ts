/** The lifecycle of an event as a list of steps. */

import type { Receipt } from "../../admin/schema/events.ts";

/** One step of the lifecycle. */
export interface Step {
  readonly name: string;
  /** ISO 8601; `null` for the current and for pending steps. */
  readonly at: string | null;
  readonly state: "done" | "current" | "failed" | "pending";
  /** Milliseconds since the previous step. */
  readonly afterMs: number | null;
  readonly note: string | null;
}

const NOTES: Readonly<Record<string, string>> = {
  Received: "Durable in the buffer before the response was sent.",
  Stored: "Written to Postgres.",
};

/** The steps in chronological order, pending ones last. */
export function toLifecycle(receipt: Receipt): Step[] {
  const { state, receivedAt, deadAt, replayedAt, storedAt, enrichedAt, reason } = receipt;
  if (state === "unknown") return [];
  const isDead = state === "dead_lettered";
  const reached = [
    { name: "Received", at: receivedAt },
    { name: "Rejected by Postgres", at: deadAt },
    { name: "Replayed", at: replayedAt },
    { name: "Stored", at: storedAt },
    { name: "Enriched", at: enrichedAt },
  ].filter((step): step is { name: string; at: string } => step.at !== null)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const steps = reached.map(({ name, at }, i): Step => {
    const previous = reached[i - 1];
    const isRejection = name === "Rejected by Postgres";
    return {
      name,
      at,
      state: isRejection ? "failed" : "done",
      afterMs: previous === undefined ? null : Date.parse(at) - Date.parse(previous.at),
      note: isRejection ? reason : NOTES[name] ?? null,
    };
  });
  return isDead ? steps : [...steps, ...remaining(receipt)];
}

/** The current step of a buffered event, and the steps to come. */
function remaining({ state }: Receipt): Step[] {
  const pending = (name: string): Step => ({
    name,
    at: null,
    state: "pending",
    afterMs: null,
    note: null,
  });
  const buffered: Step = {
    ...pending("Buffered"),
    state: "current",
    note: "Waiting for the next flush.",
  };
  switch (state) {
    case "buffered":
      return [buffered, pending("Stored"), pending("Enriched")];
    case "stored":
      return [pending("Enriched")];
    default:
      return [];
  }
}

/** Whether the event stays as it is unless an admin acts. */
export function isFinal({ state }: Receipt): boolean {
  return state === "enriched" || state === "dead_lettered";
}
