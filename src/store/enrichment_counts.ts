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

/** Counts to add to, by what and when; may be negative. */
export class CountChanges {
  readonly #changes = new Map<string, number>();

  /** Adds to the counts of an event that occurred at `occurredAt`. */
  add(occurredAt: string | Date, facts: CountedFacts, events: 1 | -1): void {
    const minute = Math.floor(new Date(occurredAt).getTime() / 60_000) * 60;
    for (const [dimension, column] of COLUMNS) {
      const change = `${dimension} ${minute} ${facts[column] ?? ""}`;
      this.#changes.set(change, (this.#changes.get(change) ?? 0) + events);
    }
  }

  /**
   * Writes the counts. Last in its transaction, as everybody who enriches the same minute waits for
   * these rows; and in one order.
   */
  async write(sql: Sql): Promise<void> {
    const rows = [...this.#changes].filter(([, events]) => events !== 0).map(([change, events]) => {
      const [, dimension, minute, value] = /^(\S+) (\S+) (.*)$/s.exec(change) ?? [];
      return { dimension, minute: Number(minute), value, events };
    });
    if (rows.length === 0) return;
    await sql`
      insert into enrichment_counts as counts (dimension, minute, value, events)
      select dimension, to_timestamp(minute), value, events
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as change (
        dimension text, minute float8, value text, events bigint
      )
      order by 1, 2, 3
      on conflict (dimension, minute, value) do update set events = counts.events + excluded.events
    `;
  }
}
