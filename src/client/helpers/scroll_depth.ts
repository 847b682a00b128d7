/** How far a page is read. */

import {
  type About,
  type HelperPage,
  pageOrNothing,
  trackAbout,
  type Tracker,
  watch,
} from "./watch.ts";

const MARKS = [25, 50, 75, 100];

/**
 * Tracks `post_scroll_depth` with `scroll_depth_percentage` 25, 50, 75 and 100, each once, when that
 * much of the page has been in view.
 *
 * @returns ends it
 */
export function trackScrollDepth(
  tracker: Tracker,
  about: About = {},
  page?: HelperPage,
): () => void {
  const window = pageOrNothing(page);
  if (!window) return () => {};
  const watching = watch(window);
  const marks = [...MARKS];
  let asked = false;

  function measure(): void {
    asked = false;
    const { scrollY, innerHeight, document: { documentElement } } = window as HelperPage;
    // Fractions of a pixel keep the very end from being reached.
    const seen = (scrollY + innerHeight + 1) / documentElement.scrollHeight * 100;
    while (marks[0] !== undefined && seen >= marks[0] && !watching.signal.aborted) {
      const scroll_depth_percentage = marks.shift();
      trackAbout(tracker, "post_scroll_depth", about, { scroll_depth_percentage });
    }
    if (!marks.length) watching.stop();
  }

  /** Once a frame at the most. */
  function ask(): void {
    if (asked) return;
    asked = true;
    window?.requestAnimationFrame(measure);
  }

  watching.on("scroll resize load", ask);
  if (window.document.readyState === "complete") ask(); // before, a page is shorter than it will be
  return watching.stop;
}
