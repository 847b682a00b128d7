/** What a story is told with. */

import type { Draft, Step } from "../types.ts";
import type { Random } from "../random.ts";
import type { Visitor } from "../visitors.ts";
import type { World } from "../world.ts";

/** The surroundings of a story. */
export interface ScenarioContext {
  readonly random: Random;
  readonly world: World;
  readonly visitor: Visitor;
  readonly nowMs: number;
}

/** What a visitor does from first to last. */
export type Scenario = (context: ScenarioContext) => Step[];

/** One event, sent as it happens. */
export function single(draft: Draft): Step {
  return { by: "single", drafts: [draft] };
}

/** Events that were queued, sent as the page is left. The last one happened `restMs` ago. */
export function atPageExit(
  drafts: readonly Draft[],
  gapsMs: readonly number[],
  restMs: number,
): Step {
  let ageMs = restMs + gapsMs.reduce((sum, gap) => sum + gap, 0);
  const stamped = drafts.map((draft, i) => {
    const at = ageMs;
    ageMs -= gapsMs[i] ?? 0;
    return { ...draft, ageMs: at };
  });
  return { by: "beacon", drafts: stamped };
}

/** The view of a page. */
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
