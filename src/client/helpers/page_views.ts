/** Page views, including those of single-page apps that use the History API. */

import {
  findPage,
  type HelperOptions,
  type HelperPage,
  type Tracker,
  trackWith,
  watch,
} from "./watch.ts";

/** Options of `trackPageViews`. */
export interface PageViewOptions extends HelperOptions {
  /** Whether a new fragment (`#…`) is a new page. @default false */
  readonly hash?: boolean | undefined;
}

/**
 * Tracks `page_viewed` now and whenever the address changes, with `{page, url, title, referrer}`; within
 * an app the referrer is the previous page. A page restored from the back/forward cache is a new view.
 *
 * @returns a function that stops it
 */
export function trackPageViews(
  tracker: Tracker,
  options: PageViewOptions = {},
  page?: HelperPage,
): () => void {
  const window = findPage(page);
  if (!window) return () => {};
  const { history, location, document } = window;
  const { hash = false, ...rest } = options;
  const watcher = watch(window);
  const pending: (() => void)[] = [];
  let last = "";

  function addView(): void {
    const url = hash ? location.href : location.href.replace(/#.*/, "");
    if (url === last) return;
    const props = { page: location.pathname, url, referrer: last || document.referrer };
    last = url;
    pending.push(() =>
      trackWith(tracker, "page_viewed", rest, { ...props, title: document.title })
    );
  }

  function send(): void {
    for (const track of pending.splice(0)) track();
  }

  /** Waits a moment, as apps set the title after the address. */
  function onChange(): void {
    addView();
    window?.setTimeout(send, 0);
  }

  const restore = (["pushState", "replaceState"] as const).map((name) => {
    const original = history[name];
    const patched: typeof original = (...args) => {
      original.apply(history, args);
      if (!watcher._signal.aborted) onChange();
    };
    history[name] = patched;
    return () => {
      if (history[name] === patched) history[name] = original;
    };
  });

  watcher._on("popstate hashchange", onChange);
  watcher._on("pageshow", (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    last = "";
    onChange();
  });
  watcher._onHide(send);
  addView();
  send();
  return () => {
    watcher._stop();
    for (const undo of restore) undo();
  };
}
