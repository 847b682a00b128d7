/** What the service says of itself, every two seconds, and what it said before. */

import { useEffect, useState } from "preact/hooks";
import type { Overview } from "../admin/schema.ts";
import { api } from "./api.ts";
import { noted, type Reading } from "./now/rates.ts";
import { type Polled, usePoll } from "./use_poll.ts";

/** The overview and the readings of the last minutes. */
export interface Watch extends Polled<Overview> {
  readonly readings: readonly Reading[];
}

const EVERY_MS = 2_000;

/** Polls the overview. Whoever is signed out is led to the sign-in. */
export function useOverview(): Watch {
  const [readings, setReadings] = useState<readonly Reading[]>([]);
  const polled = usePoll({
    key: "overview",
    ask: (signal) => api.admin.overview.query(undefined, { signal }),
    everyMs: EVERY_MS,
  });
  useEffect(() => {
    const { value } = polled;
    if (value !== null) setReadings((known) => noted(known, value));
  }, [polled.value]);
  useEffect(() => {
    if (polled.failure?.kind === "signed_out") location.reload();
  }, [polled.failure]);
  return { ...polled, readings };
}
