/** How long a page has somebody's attention. */

import {
  type About,
  type HelperPage,
  pageOrNothing,
  trackAbout,
  type Tracker,
  watch,
} from "./watch.ts";

/** Without a sign of life for this long, nobody is there. */
const IDLE_MS = 30_000;

/**
 * Tracks `post_engagement_time` whenever the page goes away, with the `engagement_time_ms` since the
 * last time: while it was visible, and its visitor active within the last 30 seconds.
 *
 * @returns ends it, sending what there is
 */
export function trackEngagementTime(
  tracker: Tracker,
  about: About = {},
  page?: HelperPage,
): () => void {
  const window = pageOrNothing(page);
  if (!window) return () => {};
  const { document, performance } = window;
  const watching = watch(window);
  let total = 0;
  let since: number | null = null;
  let lastSign = 0;

  function settle(): void {
    if (since !== null) total += Math.min(performance.now(), lastSign + IDLE_MS) - since;
    since = null;
  }

  function sign(): void {
    if (document.visibilityState === "hidden") return;
    const now = performance.now();
    if (now - lastSign > IDLE_MS) settle();
    since ??= now;
    lastSign = now;
  }

  function send(): void {
    settle();
    const engagement_time_ms = Math.round(total);
    total = 0;
    if (engagement_time_ms > 0) {
      trackAbout(tracker, "post_engagement_time", about, { engagement_time_ms });
    }
  }

  watching.on(
    "pointermove pointerdown keydown scroll touchstart focus visibilitychange pageshow",
    sign,
  );
  watching.onHide(send);
  sign();
  return () => {
    send();
    watching.stop();
  };
}
