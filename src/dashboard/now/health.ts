/** Health of the components and of the counters, in words. */

import type { Overview } from "../../admin/schema/overview.ts";
import { plural } from "../format.ts";

/** A component that reports its health. */
export type Part = keyof Overview["health"];

/** Display names. */
export const PARTS: Readonly<Record<Part, string>> = {
  kv: "KV (buffer)",
  postgres: "Postgres",
  flush: "Flushing",
  enrichment: "Enrichment",
};

/** What a failing component means for events. */
const IMPACT: Readonly<Record<Part, string>> = {
  kv: "KV is not ready: events cannot be accepted; clients keep them and retry",
  postgres: "Postgres is not responding: events stay in the buffer; none are lost",
  flush: "Flushing fails or has stalled: events stay in the buffer; none are lost",
  enrichment: "Enrichment lags or has stalled: events are stored and will be enriched later",
};

/** Current problems, worst first. */
export function problemsOf(
  { health, reconciliation, failingRecords, setAside, damagedValues, suspectKv }: Overview,
): string[] {
  const parts = (Object.keys(IMPACT) as Part[]).filter((part) => health[part] !== null);
  const problems = parts.map((part) => IMPACT[part]);
  if (suspectKv !== null) {
    problems.push("The buffer (KV) was empty when it was first used, but Postgres had rows");
  }
  if (failingRecords > 0) {
    const records = plural(failingRecords, "outbox record");
    problems.push(
      `${records} cannot be processed while others can: ${
        failingRecords === 1 ? "it is" : "they are"
      } ` +
        "tried again, and set aside if that does not help",
    );
  }
  if (setAside > 0) {
    problems.push(
      `${plural(setAside, "entry", "entries")} of the buffer or the outbox cannot be read or ` +
        `processed and ${setAside === 1 ? "was" : "were"} set aside: run "deno task set-aside"`,
    );
  }
  if (damagedValues > 0) {
    problems.push(
      `${plural(damagedValues, "value")} in KV ${
        damagedValues === 1 ? "was" : "were"
      } found damaged ` +
        "since the last start: check the disk of KV_PATH, and the log",
    );
  }
  return differencesOf(reconciliation).length === 0
    ? problems
    : ["The counters do not reconcile", ...problems];
}

/** An equation of the reconciliation that does not hold. */
export interface Difference {
  readonly equation: string;
  /** Left side minus right side. */
  readonly by: number;
  readonly meaning: string;
}

/** The equations that do not hold. */
export function differencesOf(reconciliation: Overview["reconciliation"]): Difference[] {
  const all = [
    {
      equation: "received = accepted + duplicates + rejected",
      by: reconciliation.received,
      meaning: "Received events and their outcomes do not add up.",
    },
    {
      equation: "accepted = stored + replays + buffered + dead letters + set aside",
      by: reconciliation.accepted,
      meaning: "Accepted events are not all accounted for.",
    },
    {
      equation: "stored = rows in Postgres",
      by: reconciliation.rows ?? 0,
      meaning: (reconciliation.rows ?? 0) > 0
        ? "Postgres has counted fewer rows: was it restored from a backup, or did a failover lose its " +
          "last seconds?"
        : "Postgres has counted more rows: was KV restored from a backup?",
    },
  ];
  return all.filter(({ by }) => by !== 0);
}
