/** Whether a visitor left at once. */

import {
  type About,
  type HelperPage,
  pageOrNothing,
  trackAbout,
  type Tracker,
  watch,
} from "./watch.ts";

/** Options of `trackBounce`. */
export interface BounceOptions extends About {
  /** Who stays longer has not bounced, in milliseconds. @default 10000 */
  readonly withinMs?: number | undefined;
}

/**
 * Tracks `post_bounce` when the page ends soon after it began, without a click, a key, a scroll or
 * another address.
 *
 * @returns ends it
 */
export function trackBounce(
  tracker: Tracker,
  options: BounceOptions = {},
  page?: HelperPage,
): () => void {
  const window = pageOrNothing(page);
  if (!window) return () => {};
  const { performance, location } = window;
  const { withinMs = 10_000, ...about } = options;
  const watching = watch(window);
  const startedAt = performance.now();
  const { href } = location;

  watching.on("pointerdown keydown scroll", watching.stop);
  watching.on("pagehide", () => {
    const time_on_page_ms = Math.round(performance.now() - startedAt);
    watching.stop();
    if (time_on_page_ms >= withinMs || location.href !== href) return;
    trackAbout(tracker, "post_bounce", about, { time_on_page_ms });
  });
  return watching.stop;
}
