/** Debouncing that loses nothing when the page goes away. */

import { safely } from "../page.ts";
import { findPage, type HelperPage, watch, type Watcher } from "./watch.ts";

/** A debounced function. */
export interface Debounced<Arguments extends unknown[]> {
  /** Replaces the pending call, and restarts the delay. */
  (...args: Arguments): void;
  /** Runs the pending call now. */
  flush(): void;
  /** Discards the pending call, and removes all listeners until the next one. */
  cancel(): void;
}

/**
 * Calls `action` with the last arguments once there has been no call for `ms`, or when the page goes
 * away.
 *
 * @example
 * ```ts
 * const search = debounced(500, (query: string) => analytics.track("search_performed", { query }));
 * input.addEventListener("input", () => search(input.value));
 * ```
 */
export function debounced<Arguments extends unknown[]>(
  ms: number,
  action: (...args: Arguments) => void,
  page?: HelperPage,
): Debounced<Arguments> {
  const window = findPage(page);
  let watcher: Watcher | undefined;
  let pending: Arguments | null = null;
  let timer: number | undefined;

  function flush(): void {
    (window ?? globalThis).clearTimeout(timer);
    const args = pending;
    pending = null;
    if (args) safely(() => action(...args));
  }

  function call(...args: Arguments): void {
    if (!window) return;
    if (!watcher) {
      watcher = watch(window);
      watcher._onHide(flush);
    }
    window.clearTimeout(timer);
    pending = args;
    timer = window.setTimeout(flush, ms);
  }

  return Object.assign(call, {
    flush,
    cancel() {
      pending = null;
      window?.clearTimeout(timer);
      watcher?._stop();
      watcher = undefined;
    },
  });
}
