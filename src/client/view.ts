/** Measures how long something is viewed. */

import { type HelperPage, watch } from "./helpers/watch.ts";

/** A view in progress. */
export interface View {
  /** Ends it, reporting its duration unless the page has been hidden since. */
  _end(): void;
}

/**
 * Starts a view.
 *
 * @param onViewed called with the duration in milliseconds at the end, and whenever the page is hidden;
 * when the page is visible again, a new view begins
 */
export function startView(
  onViewed: (ms: number) => void,
  page: HelperPage = globalThis as unknown as HelperPage,
): View {
  const watcher = watch(page);
  const now = () => page.performance.now();
  let since: number | null = page.document.visibilityState === "hidden" ? null : now();

  function report(): void {
    if (since === null) return;
    const ms = Math.round(now() - since);
    since = null;
    onViewed(ms);
  }

  watcher._onHide(report);
  watcher._on("visibilitychange pageshow", () => {
    if (page.document.visibilityState !== "hidden") since ??= now();
  });
  return {
    _end() {
      report();
      watcher._stop();
    },
  };
}
