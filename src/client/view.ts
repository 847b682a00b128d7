/** How long something is viewed. */

import { type HelperPage, watch } from "./helpers/watch.ts";

/** A view that goes on. */
export interface View {
  /** Ends it, telling its duration unless the page has been hidden since. */
  end(): void;
}

/**
 * Begins a view.
 *
 * @param tell told of the duration in milliseconds at the end, and whenever the page is hidden; a page
 * that comes back begins anew
 */
export function beginView(
  tell: (ms: number) => void,
  page: HelperPage = globalThis as unknown as HelperPage,
): View {
  const watching = watch(page);
  const now = () => page.performance.now();
  let since: number | null = page.document.visibilityState === "hidden" ? null : now();

  function settle(): void {
    if (since === null) return;
    const ms = Math.round(now() - since);
    since = null;
    tell(ms);
  }

  watching.onHide(settle);
  watching.on("visibilitychange pageshow", () => {
    if (page.document.visibilityState !== "hidden") since ??= now();
  });
  return {
    end() {
      settle();
      watching.stop();
    },
  };
}
