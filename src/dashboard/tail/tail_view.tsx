/** The live tail: events as they are accepted, by whichever process. */

import type { EventFilter } from "../../admin/schema.ts";
import { many } from "../format.ts";
import { Icon } from "../parts/icon.tsx";
import type { Changes, Location } from "../location.ts";
import { Filters, isUuid } from "./filters.tsx";
import type { Mode } from "./follow.ts";
import { Lookup } from "./lookup.tsx";
import { Rows } from "./rows.tsx";
import { useTail } from "./use_tail.ts";

/** What the view is given. */
export interface TailProps {
  readonly location: Location;
  readonly go: (changes: Changes) => void;
}

const WORDS: Readonly<Record<Mode, string>> = {
  connecting: "Connecting…",
  live: "Live",
  polling: "Polling: the live connection is cut off",
  away: "No news: Sluice or Postgres does not answer; trying again",
};

/** Filters, state, rows. */
export function TailView({ location, go }: TailProps) {
  const tail = useTail(filterOf(location.params));
  const { rows, isPaused, waiting, mode, more } = tail;
  return (
    <>
      <div class="toolbar">
        <Filters params={location.params} go={go} />
        <Lookup onFind={(event) => go({ event })} />
      </div>
      <div class="tail-state">
        <p role="status" class={`mode ${mode}`}>
          <span class="dot" aria-hidden="true" />
          {WORDS[mode]}
        </p>
        {more && !isPaused && <p class="note">More came than is shown.</p>}
        <button type="button" onClick={() => tail.setPaused(!isPaused)}>
          <Icon name={isPaused ? "play" : "pause"} />
          {isPaused ? "Go on" : "Pause"}
          {isPaused && waiting > 0 && <span class="badge">{many(waiting, "event")} wait</span>}
        </button>
      </div>
      {rows.length === 0
        ? <p class="empty panel">No event yet. What is accepted appears here within a second.</p>
        : <Rows events={rows} location={location} />}
    </>
  );
}

function filterOf({ type, session, user }: Readonly<Record<string, string>>): EventFilter {
  return {
    ...(type === undefined ? {} : { type }),
    ...(session === undefined || !isUuid(session) ? {} : { sessionId: session }),
    ...(user === undefined ? {} : { userId: user }),
  };
}
