/** Whether an article was read to its end. */

import type { Page } from "../page.ts";
import {
  findPage,
  type HelperOptions,
  type HelperPage,
  type Tracker,
  trackWith,
  watch,
} from "./watch.ts";

/** Options of `trackReadComplete`. */
export interface ReadCompleteOptions extends HelperOptions {
  /** Shortest plausible reading time, in milliseconds. @default 100 per word, which is very fast */
  readonly minMs?: number | undefined;
}

const MS_PER_WORD = 100;

/**
 * Tracks `post_read_complete` with `read_time_ms` once the end of the article is in view and there has
 * been enough time to read it.
 *
 * @returns a function that stops it
 */
export function trackReadComplete(
  tracker: Tracker,
  article: Element,
  options: ReadCompleteOptions = {},
  page?: HelperPage,
): () => void {
  const window = findPage(page);
  if (!window) return () => {};
  const { performance, document } = window;
  const { minMs = (article.textContent ?? "").split(/\s+/).length * MS_PER_WORD, ...rest } =
    options;
  const watcher = watch(window);
  let startedAt = 0;
  let timer = 0;

  function start(): void {
    startedAt = performance.now();
    window?.clearTimeout(timer);
    timer = Number(window?.setTimeout(check, minMs));
  }

  function check(): void {
    if (watcher._signal.aborted || !window || (document as Page["document"])?.prerendering) return;
    const readMs = Math.round(performance.now() - startedAt);
    const { bottom, height } = article.getBoundingClientRect();
    if (readMs < minMs || bottom > window.innerHeight || height === 0) return;
    watcher._stop();
    trackWith(tracker, "post_read_complete", rest, { read_time_ms: readMs });
  }

  watcher._on("scroll resize", check);
  watcher._on("prerenderingchange", start);
  start();
  return () => {
    window.clearTimeout(timer);
    watcher._stop();
  };
}
