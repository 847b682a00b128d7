/** The "Plots" view: one measure over one time range. */

import type { Timeseries } from "../../admin/schema/timeseries.ts";
import { api } from "../api.ts";
import { duration, TIME_ZONE } from "../format.ts";
import { Choice, pickOption } from "../parts/choice.tsx";
import { FailureNotice } from "../parts/failure_notice.tsx";
import type { Changes } from "../location.ts";
import { usePoll } from "../use_poll.ts";
import { Plot } from "./plot.tsx";

const MEASURES = {
  type: "Type",
  source: "Source",
  channel: "Channel",
  device: "Device",
  country: "Country",
  duplicates: "Duplicates",
  rejected: "Rejections",
  flush: "Flush duration",
} as const;

const TITLES: Readonly<Record<keyof typeof MEASURES, string>> = {
  type: "Events by type",
  source: "Events by source",
  channel: "Events by channel",
  device: "Events by device",
  country: "Events by country",
  duplicates: "Duplicates by reason",
  rejected: "Rejections by reason",
  flush: "Flush duration",
};

const RANGES = { hour: "Hour", day: "Day", month: "30 days" } as const;
const PERIODS: Readonly<Record<keyof typeof RANGES, string>> = {
  hour: "last hour",
  day: "last 24 hours",
  month: "last 30 days",
};
const INTERVALS_MS = { hour: 10_000, day: 60_000, month: 300_000 } as const;

/** Props of `PlotsView`. */
export interface PlotsProps {
  readonly params: Readonly<Record<string, string>>;
  readonly go: (changes: Changes) => void;
}

/** Measure and range come from the location's parameters. */
export function PlotsView({ params, go }: PlotsProps) {
  const measure = pickOption(MEASURES, params.measure);
  const range = pickOption(RANGES, params.range);
  const key = `${measure} ${range}`;
  const polled = usePoll<Timeseries>({
    key,
    load: (signal) => api.admin.timeseries.query({ measure, range }, { signal }),
    intervalMs: INTERVALS_MS[range],
  });
  const { value } = polled;
  const isCurrent = polled.key === key;
  return (
    <>
      <div class="toolbar">
        <Choice
          legend="Measure"
          options={MEASURES}
          value={measure}
          onChange={(measure) => go({ measure })}
        />
        <Choice legend="Range" options={RANGES} value={range} onChange={(range) => go({ range })} />
      </div>
      <FailureNotice failure={polled.failure} since={polled.failingSince} />
      <section class="panel plot" aria-labelledby="plot-title" aria-busy={!isCurrent}>
        <h2 id="plot-title">
          {TITLES[measure]}, {PERIODS[range]}
        </h2>
        <p class="note">
          {value !== null && isCurrent && `Interval: ${duration(value.stepSeconds * 1_000)}. `}
          Times in {TIME_ZONE}.
        </p>
        {value !== null && isCurrent
          ? <Plot key={key} data={value} />
          : <p class="empty">{polled.failure === null ? "Loading…" : "No data."}</p>}
      </section>
    </>
  );
}
