/** Building blocks of scenarios. */

import type { Draft, Step } from "../types.ts";
import type { Random } from "../random.ts";
import type { Visitor } from "../visitors.ts";
import type { Marketplace } from "../marketplace.ts";

/** The visitor, marketplace and time of a scenario. */
export interface ScenarioContext {
  readonly random: Random;
  readonly marketplace: Marketplace;
  readonly visitor: Visitor;
  readonly nowMs: number;
}

/** Returns the steps of a visitor, in order. */
export type Scenario = (context: ScenarioContext) => Step[];

/** A step of one event, sent as it happens. */
export function single(draft: Draft): Step {
  return { by: "single", drafts: [draft] };
}

/**
 * A step of queued events, sent in a beacon as the page is left.
 *
 * @param gapsMs the time between each event and the next
 * @param restMs how long ago the last one happened
 */
export function atPageExit(
  drafts: readonly Draft[],
  gapsMs: readonly number[],
  restMs: number,
): Step {
  let ageMs = restMs + gapsMs.reduce((sum, gap) => sum + gap, 0);
  const stamped = drafts.map((draft, i) => {
    const stampedDraft = { ...draft, ageMs };
    ageMs -= gapsMs[i] ?? 0;
    return stampedDraft;
  });
  return { by: "beacon", drafts: stamped };
}

/** A step that views the page at `path`. */
export function pageView(path: string, context: ScenarioContext, entity?: Draft["entity"]): Step {
  const { random } = context;
  return single({
    eventType: "page_viewed",
    ...(entity === undefined ? {} : { entity }),
    props: {
      path,
      load_time_ms: random.whole(90, 2400),
      viewport_width: random.pick([390, 430, 820, 1280, 1440, 1920]),
    },
  });
}
