/** How far a page is scrolled. */

import {
  findPage,
  type HelperOptions,
  type HelperPage,
  type Tracker,
  trackWith,
  watch,
} from "./watch.ts";

const MARKS = [25, 50, 75, 100];

/**
 * Tracks `post_scroll_depth` with `scroll_depth_percentage` 25, 50, 75 and 100, each once, when that
 * much of the page has been in view.
 *
 * @returns a function that stops it
 */
export function trackScrollDepth(
  tracker: Tracker,
  options: HelperOptions = {},
  page?: HelperPage,
): () => void {
  const window = findPage(page);
  if (!window) return () => {};
  const watcher = watch(window);
  const marks = [...MARKS];
  let requested = false;

  function measure(): void {
    requested = false;
    const { scrollY, innerHeight, document: { documentElement } } = window as HelperPage;
    // One more, as fractions of a pixel can keep the very end out of reach.
    const seen = (scrollY + innerHeight + 1) / documentElement.scrollHeight * 100;
    while (marks[0] !== undefined && seen >= marks[0] && !watcher._signal.aborted) {
      const scroll_depth_percentage = marks.shift();
      trackWith(tracker, "post_scroll_depth", options, { scroll_depth_percentage });
    }
    if (!marks.length) watcher._stop();
  }

  /** At most one measurement per frame. */
  function requestMeasure(): void {
    if (requested) return;
    requested = true;
    window?.requestAnimationFrame(measure);
  }

  watcher._on("scroll resize load", requestMeasure);
  if (window.document.readyState === "complete") requestMeasure(); // before that, the page still grows
  return watcher._stop;
}
