/** The parts' health in words. */

import type { Overview } from "../../admin/schema.ts";

/** A part of the service. */
export type Part = keyof Overview["health"];

/** How the parts are called. */
export const PARTS: Readonly<Record<Part, string>> = {
  kv: "KV (buffer)",
  postgres: "Postgres",
  flush: "Flush",
  enrichment: "Enrichment",
};

/** What it means that a part is not well. */
const MEANS: Readonly<Record<Part, string>> = {
  kv: "KV does not answer: events cannot be taken in, clients keep them",
  postgres: "Postgres does not answer: events wait in the buffer, none is lost",
  flush: "The flush stands still: events wait in the buffer, none is lost",
  enrichment: "Enrichment stands still: events are stored, and enriched later",
};

/** What is wrong, the worst first. */
export function troublesOf({ health, reconciliation }: Overview): string[] {
  const parts = (Object.keys(MEANS) as Part[]).filter((part) => health[part] !== null);
  const troubles = parts.map((part) => MEANS[part]);
  return differencesOf(reconciliation).length === 0
    ? troubles
    : ["The reconciliation do not balance", ...troubles];
}

/** A difference in the reconciliation. */
export interface Difference {
  readonly equation: string;
  readonly by: number;
  /** What it means. */
  readonly meaning: string;
}

/** What does not balance. */
export function differencesOf(reconciliation: Overview["reconciliation"]): Difference[] {
  const all = [
    {
      equation: "received = accepted + duplicates + rejected",
      by: reconciliation.received,
      meaning: "What came in was not all answered for.",
    },
    {
      equation: "accepted = stored + replays + buffered + dead letters",
      by: reconciliation.accepted,
      meaning: "Events that were promised are not where they should be.",
    },
    {
      equation: "stored = rows in Postgres",
      by: reconciliation.rows ?? 0,
      meaning: (reconciliation.rows ?? 0) > 0
        ? "Rows are missing in Postgres: deleted or restored by hand?"
        : "Postgres has rows that Sluice did not store: inserted by hand?",
    },
  ];
  return all.filter(({ by }) => by !== 0);
}
