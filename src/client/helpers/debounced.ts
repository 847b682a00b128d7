/** Debouncing that loses nothing when the page goes away. */

import { safely } from "../page.ts";
import { type HelperPage, pageOrNothing, type Watch, watch } from "./watch.ts";

/** A function that waits until it has not been called for a while. */
export interface Debounced<Arguments extends unknown[]> {
  (...args: Arguments): void;
  /** Does now what waits. */
  flush(): void;
  /** Forgets what waits, and lets go of the page until the next call. */
  cancel(): void;
}

/**
 * Does `action` with the last arguments, once no call has come for `ms`; at once when the page goes.
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
  const window = pageOrNothing(page);
  let watching: Watch | undefined;
  let waiting: Arguments | null = null;
  let timer: number | undefined;

  function flush(): void {
    (window ?? globalThis).clearTimeout(timer);
    const args = waiting;
    waiting = null;
    if (args) safely(() => action(...args));
  }

  function call(...args: Arguments): void {
    if (!window) return;
    if (!watching) {
      watching = watch(window);
      watching.onHide(flush);
    }
    window.clearTimeout(timer);
    waiting = args;
    timer = window.setTimeout(flush, ms);
  }

  return Object.assign(call, {
    flush,
    cancel() {
      waiting = null;
      window?.clearTimeout(timer);
      watching?.stop();
      watching = undefined;
    },
  });
}
