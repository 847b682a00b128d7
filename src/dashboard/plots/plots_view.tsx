/** Plots: one measure over one range. */

import type { Timeseries } from "../../admin/schema.ts";
import { api } from "../api.ts";
import { duration, ZONE } from "../format.ts";
import { Choice, chosen } from "../parts/choice.tsx";
import { Trouble } from "../parts/trouble.tsx";
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
  rejected: "Rejects",
  flush: "Flush time",
} as const;

const TITLES: Readonly<Record<keyof typeof MEASURES, string>> = {
  type: "Events by type",
  source: "Events by source",
  channel: "Events by channel",
  device: "Events by device",
  country: "Events by country",
  duplicates: "Duplicates by reason",
  rejected: "Rejects by reason",
  flush: "Flush duration",
};

const RANGES = { hour: "Hour", day: "Day", month: "30 days" } as const;
const LAST: Readonly<Record<keyof typeof RANGES, string>> = {
  hour: "the last hour",
  day: "the last day",
  month: "the last 30 days",
};
const EVERY_MS = { hour: 10_000, day: 60_000, month: 300_000 } as const;

/** What the view is given. */
export interface PlotsProps {
  readonly params: Readonly<Record<string, string>>;
  readonly go: (changes: Changes) => void;
}

/** Chooses and shows. */
export function PlotsView({ params, go }: PlotsProps) {
  const measure = chosen(MEASURES, params.measure);
  const range = chosen(RANGES, params.range);
  const key = `${measure} ${range}`;
  const asked = usePoll<Timeseries>({
    key,
    ask: (signal) => api.admin.timeseries.query({ measure, range }, { signal }),
    everyMs: EVERY_MS[range],
  });
  const { value } = asked;
  const isFresh = asked.key === key;
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
      <Trouble failure={asked.failure} since={asked.failingSince} />
      <section class="panel plot" aria-labelledby="plot-title" aria-busy={!isFresh}>
        <h2 id="plot-title">
          {TITLES[measure]}, {LAST[range]}
        </h2>
        <p class="note">
          {value !== null && isFresh && `In steps of ${duration(value.stepSeconds * 1_000)}. `}
          Times in {ZONE}.
        </p>
        {value !== null && isFresh
          ? <Plot key={key} data={value} />
          : <p class="empty">{asked.failure === null ? "Asking Sluice…" : "No figures."}</p>}
      </section>
    </>
  );
}
