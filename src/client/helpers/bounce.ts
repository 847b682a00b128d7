/** Detects visitors who leave at once. */

import {
  findPage,
  type HelperOptions,
  type HelperPage,
  type Tracker,
  trackWith,
  watch,
} from "./watch.ts";

/** Options of `trackBounce`. */
export interface BounceOptions extends HelperOptions {
  /** Visits at least this long are not bounces, in milliseconds. @default 10000 */
  readonly withinMs?: number | undefined;
}

/**
 * Tracks `post_bounce` with `time_on_page_ms` when the page is left soon after it was opened, without a
 * click, a key press, a scroll or a change of address.
 *
 * @returns a function that stops it
 */
export function trackBounce(
  tracker: Tracker,
  options: BounceOptions = {},
  page?: HelperPage,
): () => void {
  const window = findPage(page);
  if (!window) return () => {};
  const { performance, location } = window;
  const { withinMs = 10_000, ...rest } = options;
  const watcher = watch(window);
  let startedAt = 0;
  let href = "";

  function start(): void {
    startedAt = performance.now();
    ({ href } = location);
  }

  watcher._on("pointerdown keydown scroll", watcher._stop);
  watcher._on("pagehide", () => {
    const time_on_page_ms = Math.round(performance.now() - startedAt);
    watcher._stop();
    if (time_on_page_ms >= withinMs || location.href !== href) return;
    trackWith(tracker, "post_bounce", rest, { time_on_page_ms });
  });
  watcher._on("prerenderingchange", start);
  start();
  return watcher._stop;
}
