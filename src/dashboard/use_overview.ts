/** Polls `admin.overview` every two seconds and keeps a short history of its counters. */

import { useEffect, useState } from "preact/hooks";
import type { Overview } from "../admin/schema/overview.ts";
import { api } from "./api.ts";
import { addReading, type Reading } from "./now/rates.ts";
import { type Polled, usePoll } from "./use_poll.ts";

/** The latest overview and the readings of the last three minutes. */
export interface LiveOverview extends Polled<Overview> {
  readonly readings: readonly Reading[];
}

const INTERVAL_MS = 2_000;

/** Polls the overview; reloads the page, and so shows the sign-in form, when the session ends. */
export function useOverview(): LiveOverview {
  const [readings, setReadings] = useState<readonly Reading[]>([]);
  const polled = usePoll({
    key: "overview",
    load: (signal) => api.admin.overview.query(undefined, { signal }),
    intervalMs: INTERVAL_MS,
  });
  useEffect(() => {
    const { value } = polled;
    if (value !== null) setReadings((readings) => addReading(readings, value));
  }, [polled.value]);
  useEffect(() => {
    if (polled.failure?.kind === "signed_out") location.reload();
  }, [polled.failure]);
  return { ...polled, readings };
}
