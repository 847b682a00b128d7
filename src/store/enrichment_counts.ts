/** Counts of enriched events per minute, for plots. */

import type { Sql } from "./database.ts";
import { saturatingSum } from "./saturating_sum.ts";

/** The counted dimensions with their columns of `event_enrichments`. */
export const DIMENSIONS = {
  channel: "channel",
  device: "device_type",
  country: "country",
} as const;

const SUM = saturatingSum("counts.events", "excluded.events", "bigint");

const COLUMNS = Object.entries(DIMENSIONS);

/** The counted facts of an event. */
export interface CountedFacts {
  readonly channel: string | null;
  readonly device_type: string | null;
  readonly country: string | null;
}

/** A change to the count of events that share a minute and facts. */
interface Change {
  /** Epoch seconds. */
  readonly minute: number;
  readonly facts: CountedFacts;
  events: number;
}

/** Accumulates changes to the counts, then writes them in one statement. */
export class CountChanges {
  readonly #changes = new Map<string, Change>();

  /**
   * Counts an event that occurred at `occurredAt`, or with -1, removes it from the counts. A time that is
   * none, such as `infinity`, is in no minute.
   */
  add(occurredAt: string | Date, facts: CountedFacts, events: 1 | -1): void {
    const minute = Math.floor(new Date(occurredAt).getTime() / 60_000) * 60;
    if (Number.isNaN(minute)) return;
    const key = `${minute}\t${facts.channel}\t${facts.device_type}\t${facts.country}`;
    const change = this.#changes.get(key);
    if (change === undefined) this.#changes.set(key, { minute, facts, events });
    else change.events += events;
  }

  /**
   * Writes the changes. Call it last in a transaction, as other transactions with events of the same
   * minute wait for these rows. They are locked in a fixed order.
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
      on conflict (dimension, minute, value) do update set events = ${sql.unsafe(SUM)}
    `;
  }
}
