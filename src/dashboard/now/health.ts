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
export function troublesOf({ health, books }: Overview): string[] {
  const parts = (Object.keys(MEANS) as Part[]).filter((part) => health[part] !== null);
  const troubles = parts.map((part) => MEANS[part]);
  return differencesOf(books).length === 0 ? troubles : ["The books do not balance", ...troubles];
}

/** A difference in the books. */
export interface Difference {
  readonly equation: string;
  readonly by: number;
  /** What it means. */
  readonly meaning: string;
}

/** What does not balance. */
export function differencesOf(books: Overview["books"]): Difference[] {
  const all = [
    {
      equation: "received = accepted + duplicates + rejected",
      by: books.received,
      meaning: "What came in was not all answered for.",
    },
    {
      equation: "accepted = stored + replays + buffered + dead letters",
      by: books.accepted,
      meaning: "Events that were promised are not where they should be.",
    },
    {
      equation: "stored = rows in Postgres",
      by: books.rows ?? 0,
      meaning: (books.rows ?? 0) > 0
        ? "Rows are missing in Postgres: deleted or restored by hand?"
        : "Postgres has rows that Sluice did not store: inserted by hand?",
    },
  ];
  return all.filter(({ by }) => by !== 0);
}
