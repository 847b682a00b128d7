/** Whether an article was read to its end. */

import {
  type About,
  type HelperPage,
  pageOrNothing,
  trackAbout,
  type Tracker,
  watch,
} from "./watch.ts";

/** Options of `trackReadComplete`. */
export interface ReadCompleteOptions extends About {
  /** Who is faster has not read it; by default a second for ten words, which is very fast. */
  readonly minMs?: number | undefined;
}

const MS_PER_WORD = 100;

/**
 * Tracks `post_read_complete` once, when the end of the article has come into view and reading it can
 * have taken no less time.
 *
 * @returns ends it
 */
export function trackReadComplete(
  tracker: Tracker,
  article: Element,
  options: ReadCompleteOptions = {},
  page?: HelperPage,
): () => void {
  const window = pageOrNothing(page);
  if (!window) return () => {};
  const { performance } = window;
  const { minMs = (article.textContent ?? "").split(/\s+/).length * MS_PER_WORD, ...about } =
    options;
  const watching = watch(window);
  const startedAt = performance.now();

  function look(): void {
    if (watching.signal.aborted || !window) return;
    const readMs = Math.round(performance.now() - startedAt);
    const { bottom, height } = article.getBoundingClientRect();
    if (readMs < minMs || bottom > window.innerHeight || height === 0) return;
    watching.stop();
    trackAbout(tracker, "post_read_complete", about, { read_time_ms: readMs });
  }

  watching.on("scroll resize", look);
  const timer = window.setTimeout(look, minMs);
  return () => {
    window.clearTimeout(timer);
    watching.stop();
  };
}
