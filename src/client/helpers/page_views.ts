/** Page views, including those of single-page apps that use the History API. */

import type { Page, PageState, StatefulTrack } from "../page.ts";
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
  /** Whether every new fragment (`#…`) is a new page, or none. @default only routes: `#/…` and `#!/…` */
  readonly hash?: boolean | undefined;
}

/** The route in a fragment, up to what may be a secret: a query or the answer of a sign-in. */
const ROUTE = /^#!?(\/[^?#&=]*)/;

/**
 * Tracks `page_viewed` now and whenever the address changes, with `{page, url, title, referrer}`; within
 * an app the referrer is the previous page. `page` is the path and, with a hash router, the route.
 *
 * - Replacing the address is a view only if the path or the route changes.
 * - A page restored from the back/forward cache is a new view, and a page that the browser renders in
 *   advance one when it is shown.
 * - All instances for one service on a page share their views: none is tracked twice.
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
  const { hash, ...rest } = options;
  const watcher = watch(window);
  const pending: (() => void)[] = [];
  const shared: Pick<PageState, "view"> = (tracker.track as StatefulTrack)._state ?? {};

  function addView(isReplaced?: boolean): void {
    if ((document as Page["document"])?.prerendering) return;
    const url = location.href.replace(/#.*/, "");
    const route = hash === false ? "" : ROUTE.exec(location.hash)?.[1] ?? "";
    const { pathname } = location;
    const page = route ? (pathname + route).replace("//", "/") : pathname;
    const key = url + (hash ? location.hash : route);
    const [lastKey, lastPage, lastUrl] = shared.view ?? [];
    // An anchor of the page: with a hash router, of the route that it has left.
    if (!hash && !route && location.hash && url === lastUrl) return;
    shared.view = [key, page, url];
    if (key === lastKey || isReplaced && page === lastPage) return;
    const props = { page, url, referrer: lastUrl ?? document.referrer };
    pending.push(() =>
      trackWith(tracker, "page_viewed", rest, { ...props, title: document.title })
    );
  }

  function send(): void {
    for (const track of pending.splice(0)) track();
  }

  /** Waits a moment, as apps set the title after the address. */
  function onChange(isReplaced?: boolean): void {
    addView(isReplaced);
    window?.setTimeout(send, 0);
  }

  const restore = (["pushState", "replaceState"] as const).map((name) => {
    const original = history[name];
    const patched: typeof original = (...args) => {
      original.apply(history, args);
      if (!watcher._signal.aborted) onChange(name === "replaceState");
    };
    history[name] = patched;
    return () => {
      if (history[name] === patched) history[name] = original;
    };
  });

  // Without the History API. Where both report a change, the first one counts.
  (window as { navigation?: EventTarget }).navigation?.addEventListener(
    "currententrychange",
    (event) =>
      onChange((event as Event & { navigationType?: string }).navigationType === "replace"),
    { signal: watcher._signal },
  );
  watcher._on("popstate hashchange pageshow prerenderingchange", () => onChange());
  watcher._onHide(send);
  watcher._on("pagehide", () => {
    shared.view = undefined; // if the page comes back, that is a new view
  });
  addView();
  send();
  return () => {
    watcher._stop();
    for (const undo of restore) undo();
  };
}
