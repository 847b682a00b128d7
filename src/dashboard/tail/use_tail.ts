/** The tail of the events that a filter lets through. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { EventFilter } from "../../admin/schema.ts";
import { EMPTY, Feed, type Shown } from "./feed.ts";
import { follow, type Mode } from "./follow.ts";

/** What it shows, how it comes, and its pause. */
export interface Tail extends Shown {
  readonly mode: Mode;
  setPaused(isPaused: boolean): void;
}

/** Pages are painted so often at the most, however much comes. */
const PAINT_MS = 500;

/** Follows from the first showing to the last; anew where the filter is another. */
export function useTail(filter: EventFilter): Tail {
  const [shown, setShown] = useState<Shown>(EMPTY);
  const [mode, setMode] = useState<Mode>("connecting");
  const feed = useRef(new Feed());
  useEffect(() => {
    const mine = feed.current = new Feed();
    let painting = 0;
    let paintedAt = 0;
    function paint(): void {
      painting = 0;
      paintedAt = performance.now();
      setShown(mine.shown);
    }
    paint();
    const stop = follow({
      filter,
      onMode: setMode,
      onUpdate(update) {
        if (!mine.add(update) || painting !== 0) return;
        painting = setTimeout(paint, Math.max(0, paintedAt + PAINT_MS - performance.now()));
      },
    });
    return () => {
      stop();
      clearTimeout(painting);
    };
  }, [JSON.stringify(filter)]);
  return {
    ...shown,
    mode,
    setPaused(isPaused) {
      if (isPaused) feed.current.pause();
      else feed.current.resume();
      setShown(feed.current.shown);
    },
  };
}
