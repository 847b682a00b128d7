/** How long a visitor engages with a page. */

import {
  findPage,
  type HelperOptions,
  type HelperPage,
  type Tracker,
  trackWith,
  watch,
} from "./watch.ts";

/** Visitors count as active for this long after their last input. */
const IDLE_MS = 30_000;

/**
 * Tracks `post_engagement_time` whenever the page is hidden, with the `engagement_time_ms` since the last
 * such event: the time in which the page was visible and the visitor active within the last 30 seconds.
 *
 * @returns a function that stops it, tracking the time so far
 */
export function trackEngagementTime(
  tracker: Tracker,
  options: HelperOptions = {},
  page?: HelperPage,
): () => void {
  const window = findPage(page);
  if (!window) return () => {};
  const { document, performance } = window;
  const watcher = watch(window);
  let total = 0;
  let activeSince: number | null = null;
  let lastActivity = 0;

  function addActiveTime(): void {
    if (activeSince !== null) {
      total += Math.min(performance.now(), lastActivity + IDLE_MS) - activeSince;
    }
    activeSince = null;
  }

  function onActivity(): void {
    if (document.visibilityState === "hidden") return;
    const now = performance.now();
    if (now - lastActivity > IDLE_MS) addActiveTime();
    activeSince ??= now;
    lastActivity = now;
  }

  function send(): void {
    addActiveTime();
    const engagement_time_ms = Math.round(total);
    total = 0;
    if (engagement_time_ms > 0) {
      trackWith(tracker, "post_engagement_time", options, { engagement_time_ms });
    }
  }

  watcher._on(
    "pointermove pointerdown keydown scroll touchstart focus visibilitychange pageshow",
    onActivity,
  );
  watcher._onHide(send);
  onActivity();
  return () => {
    send();
    watcher._stop();
  };
}
