/** Page views, also of single-page apps: by the History API. */

import {
  type About,
  type HelperPage,
  pageOrNothing,
  trackAbout,
  type Tracker,
  watch,
} from "./watch.ts";

/** Options of `trackPageViews`. */
export interface PageViewOptions extends About {
  /** Whether another fragment is another page. @default false */
  readonly hash?: boolean | undefined;
}

/**
 * Tracks `page_viewed` now, and whenever the address changes: `{page, url, title, referrer}`, the
 * referrer within the app being the page before. A page that comes back from the back/forward cache
 * is viewed again.
 *
 * @returns ends it
 */
export function trackPageViews(
  tracker: Tracker,
  options: PageViewOptions = {},
  page?: HelperPage,
): () => void {
  const window = pageOrNothing(page);
  if (!window) return () => {};
  const { history, location, document } = window;
  const { hash = false, ...about } = options;
  const watching = watch(window);
  const waiting: (() => void)[] = [];
  let last = "";

  function view(): void {
    const url = hash ? location.href : location.href.replace(/#.*/, "");
    if (url === last) return;
    const props = { page: location.pathname, url, referrer: last || document.referrer };
    last = url;
    waiting.push(() =>
      trackAbout(tracker, "page_viewed", about, { ...props, title: document.title })
    );
  }

  function send(): void {
    for (const track of waiting.splice(0)) track();
  }

  /** An app sets the title after the address. */
  function changed(): void {
    view();
    window?.setTimeout(send, 0);
  }

  const restore = (["pushState", "replaceState"] as const).map((name) => {
    const original = history[name];
    const patched: typeof original = (...args) => {
      original.apply(history, args);
      if (!watching.signal.aborted) changed();
    };
    history[name] = patched;
    return () => {
      if (history[name] === patched) history[name] = original;
    };
  });

  watching.on("popstate hashchange", changed);
  watching.on("pageshow", (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    last = "";
    changed();
  });
  watching.onHide(send);
  view();
  send();
  return () => {
    watching.stop();
    for (const undo of restore) undo();
  };
}
