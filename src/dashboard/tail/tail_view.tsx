/** The "Live tail" view: events as they are accepted, by any process. */

import type { EventFilter } from "../../admin/schema/events.ts";
import { plural } from "../format.ts";
import { Icon } from "../parts/icon.tsx";
import type { Changes, Location } from "../location.ts";
import { Filters, isUuid } from "./filters.tsx";
import type { Mode } from "./follow.ts";
import { Lookup } from "./lookup.tsx";
import { Rows } from "./rows.tsx";
import { useTail } from "./use_tail.ts";

/** Props of `TailView`. */
export interface TailProps {
  readonly location: Location;
  readonly go: (changes: Changes) => void;
}

const MODES: Readonly<Record<Mode, string>> = {
  connecting: "Connecting…",
  live: "Live",
  polling: "Polling (live connection unavailable)",
  offline: "Disconnected: Sluice or Postgres is not responding, retrying…",
};

/** Filters, connection state and rows. */
export function TailView({ location, go }: TailProps) {
  const tail = useTail(readFilter(location.params));
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
          {MODES[mode]}
        </p>
        {more && !isPaused && (
          <p class="note">Some events were left out: traffic is too high to show all.</p>
        )}
        <button type="button" onClick={() => tail.setPaused(!isPaused)}>
          <Icon name={isPaused ? "play" : "pause"} />
          {isPaused ? "Resume" : "Pause"}
          {isPaused && waiting > 0 && <span class="badge">{plural(waiting, "new event")}</span>}
        </button>
      </div>
      {rows.length === 0
        ? <p class="empty panel">No events yet. Accepted events appear here within a second.</p>
        : <Rows events={rows} location={location} />}
    </>
  );
}

function readFilter({ type, session, user }: Readonly<Record<string, string>>): EventFilter {
  return {
    ...(type === undefined ? {} : { type }),
    ...(session === undefined || !isUuid(session) ? {} : { sessionId: session }),
    ...(user === undefined ? {} : { userId: user }),
  };
}
