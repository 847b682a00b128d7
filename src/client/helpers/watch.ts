/** Shared by the helpers: listeners that never throw into the page and are removed together. */

import { safely } from "../page.ts";
import type { Analytics, Props, TrackOptions } from "../types.ts";

/** The part of the SDK that helpers use. */
export type Tracker = Pick<Analytics, "track">;

/** The window of a page. On a server it has no document, and helpers do nothing. */
export type HelperPage = Window & typeof globalThis;

/** What a helper adds to each of its events. */
export interface HelperOptions extends Pick<TrackOptions, "entityType" | "entityId"> {
  /** Additional props; they override the helper's own. */
  readonly props?: Props | undefined;
}

/** Listeners that are removed together. */
export interface Watcher {
  /**
   * Listens on the window, for event types separated by spaces. Capturing, and so before the SDK: what
   * is tracked at page exit is still sent.
   */
  _on(types: string, listener: (event: Event) => void): void;
  /** Calls back when the page is hidden, which may be its end. */
  _onHide(listener: () => void): void;
  /** Aborted by `_stop`. */
  readonly _signal: AbortSignal;
  /** Removes all listeners. */
  _stop(): void;
}

/** The given page, or that of the browser; undefined where there is no document. */
export function findPage(page: HelperPage | undefined): HelperPage | undefined {
  const found = page ?? globalThis as unknown as HelperPage;
  return found.document ? found : undefined;
}

/** Creates a watcher without listeners. */
export function watch(page: HelperPage): Watcher {
  const lifetime = new AbortController();
  function on(types: string, listener: (event: Event) => void): void {
    for (const type of types.split(" ")) {
      page.addEventListener(type, (event) => safely(() => listener(event)), {
        capture: true,
        passive: true,
        signal: lifetime.signal,
      });
    }
  }
  return {
    _on: on,
    _onHide(listener) {
      on("visibilitychange pagehide", ({ type }) => {
        if (type === "pagehide" || page.document.visibilityState === "hidden") listener();
      });
    },
    _signal: lifetime.signal,
    _stop: () => lifetime.abort(),
  };
}

/** Tracks a helper's event with the caller's options added. */
export function trackWith(
  tracker: Tracker,
  eventType: string,
  { props, ...entity }: HelperOptions,
  own: Props,
): void {
  tracker.track(eventType, { ...own, ...props }, entity);
}

/** The closest element to a click of the left or middle button that matches `selector`. */
export function findClicked<T extends Element>(event: Event, selector: string): T | null {
  const target = event.target as Partial<Element> | null;
  if ((event as MouseEvent).button > 1) return null;
  return target?.closest?.(selector) as T | null | undefined ?? null;
}
