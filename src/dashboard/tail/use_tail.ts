/** The state of a filtered live tail. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { EventFilter } from "../../admin/schema/events.ts";
import { EMPTY, Feed, type FeedState } from "./feed.ts";
import { follow, type Mode } from "./follow.ts";

/** Displayed events, connection mode, and the pause switch. */
export interface Tail extends FeedState {
  readonly mode: Mode;
  setPaused(isPaused: boolean): void;
}

/** Minimum time between renders, whatever the traffic. */
const RENDER_MS = 500;

/** Follows the tail while mounted; restarts when the filter changes. */
export function useTail(filter: EventFilter): Tail {
  const [state, setState] = useState<FeedState>(EMPTY);
  const [mode, setMode] = useState<Mode>("connecting");
  const feed = useRef(new Feed());
  useEffect(() => {
    const current = feed.current = new Feed();
    let timer = 0;
    let renderedAt = 0;
    function render(): void {
      timer = 0;
      renderedAt = performance.now();
      setState(current.state);
    }
    render();
    const stop = follow({
      filter,
      onMode: setMode,
      onUpdate(update) {
        if (!current.add(update) || timer !== 0) return;
        timer = setTimeout(render, Math.max(0, renderedAt + RENDER_MS - performance.now()));
      },
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [JSON.stringify(filter)]);
  return {
    ...state,
    mode,
    setPaused(isPaused) {
      if (isPaused) feed.current.pause();
      else feed.current.resume();
      setState(feed.current.state);
    },
  };
}
