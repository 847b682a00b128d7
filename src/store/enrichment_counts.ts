/** Counts of events by what enrichment found out, minute by minute, for plots. */

import type { Sql } from "./database.ts";

/** What is counted, and the column of `event_enrichments` that it stands in. */
export const DIMENSIONS = {
  channel: "channel",
  device: "device_type",
  country: "country",
} as const;

const COLUMNS = Object.entries(DIMENSIONS);

/** The facts that are counted. */
export interface CountedFacts {
  readonly channel: string | null;
  readonly device_type: string | null;
  readonly country: string | null;
}

/** Events of one minute with the same facts. */
interface Change {
  /** In seconds. */
  readonly minute: number;
  readonly facts: CountedFacts;
  events: number;
}

/** Counts to add to, by what and when; may be negative. */
export class CountChanges {
  readonly #changes = new Map<string, Change>();

  /** Adds to the counts of an event that occurred at `occurredAt`. */
  add(occurredAt: string | Date, facts: CountedFacts, events: 1 | -1): void {
    const minute = Math.floor(new Date(occurredAt).getTime() / 60_000) * 60;
    const key = `${minute}\t${facts.channel}\t${facts.device_type}\t${facts.country}`;
    const change = this.#changes.get(key);
    if (change === undefined) this.#changes.set(key, { minute, facts, events });
    else change.events += events;
  }

  /**
   * Writes the counts. Last in its transaction, as everybody who enriches the same minute waits for
   * these rows; and in one order.
   */
  async write(sql: Sql): Promise<void> {
    if (this.#changes.size === 0) return;
    const rows = [...this.#changes.values()].flatMap(({ minute, facts, events }) =>
      COLUMNS.map(([dimension, column]) => ({
        dimension,
        minute,
        value: facts[column] ?? "",
        events,
      }))
    );
    await sql`
      insert into enrichment_counts as counts (dimension, minute, value, events)
      select dimension, to_timestamp(minute), value, sum(events)
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as change (
        dimension text, minute float8, value text, events bigint
      )
      group by 1, 2, 3
      having sum(events) <> 0
      order by 1, 2, 3
      on conflict (dimension, minute, value) do update set events = counts.events + excluded.events
    `;
  }
}
