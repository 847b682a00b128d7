/** Counts per minute, summed up into the steps of a plot. */

import type { Sql } from "./database.ts";
import { saturatingSum } from "./saturating_sum.ts";

/** The measures that a plot can show. */
export type Measure =
  | "type"
  | "source"
  | "channel"
  | "device"
  | "country"
  | PipelineMeasure;

/** Measures that are not counted from rows; `flush` is a histogram of durations. */
export type PipelineMeasure = "duplicates" | "rejected" | "flush";

/** The time span of a plot: from a moment until now. */
export interface Span {
  /** Start of the first step, in epoch seconds. */
  readonly from: number;
  readonly stepSeconds: number;
}

/** The count of a label within a step. */
export interface StepCount {
  /** Start of the step, in epoch seconds. */
  readonly at: number;
  readonly label: string;
  readonly count: number;
}

/** Reads the counts of a plot. */
export async function readCounts(sql: Sql, measure: Measure, span: Span): Promise<StepCount[]> {
  const { stepSeconds } = span;
  const since = sql`to_timestamp(${span.from}::float8)`;
  // Steps are aligned to the epoch, in UTC.
  const at =
    sql`(floor(extract(epoch from minute) / ${stepSeconds}::float8) * ${stepSeconds}::float8)::float8`;
  switch (measure) {
    case "type":
      return await sql<StepCount[]>`
        select ${at} as at, event_type as label, sum(events)::float8 as count
        from event_counts where minute >= ${since} group by 1, 2
      `;
    case "source":
      return await sql<StepCount[]>`
        select ${at} as at, source as label, sum(events)::float8 as count
        from event_counts where minute >= ${since} group by 1, 2
      `;
    case "channel":
    case "device":
    case "country":
      return await sql<StepCount[]>`
        select ${at} as at, value as label, sum(events)::float8 as count
        from enrichment_counts where dimension = ${measure} and minute >= ${since} group by 1, 2
      `;
    case "duplicates":
    case "rejected":
    case "flush":
      return await sql<StepCount[]>`
        select ${at} as at, label, sum(count)::float8 as count
        from pipeline_counts where measure = ${measure} and minute >= ${since} group by 1, 2
      `;
  }
}

/** An increment for `pipeline_counts`. */
export interface PipelineCount {
  readonly measure: PipelineMeasure;
  /** Start of the minute, in epoch seconds. */
  readonly minute: number;
  readonly label: string;
  readonly count: number;
}

const SUM = saturatingSum("counts.count", "excluded.count", "bigint");

/** Adds increments to `pipeline_counts`. */
export async function addPipelineCounts(
  sql: Sql,
  counts: readonly PipelineCount[],
): Promise<void> {
  await sql`
    insert into pipeline_counts as counts (measure, minute, label, count)
    select measure, to_timestamp(minute), label, count
    from jsonb_to_recordset(${JSON.stringify(counts)}::text::jsonb) as more (
      measure text, minute float8, label text, count bigint
    )
    order by 1, 2, 3
    on conflict (measure, minute, label) do update set count = ${sql.unsafe(SUM)}
  `;
}
