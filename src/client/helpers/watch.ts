/** What the helpers have in common: listeners that never throw into the page, and one way to stop. */

import { safely } from "../page.ts";
import type { Analytics, Props, TrackOptions } from "../types.ts";

/** The part of the SDK that helpers use. */
export type Tracker = Pick<Analytics, "track">;

/** The window of a page; on a server it has no document, and helpers do nothing. */
export type HelperPage = Window & typeof globalThis;

/** What a helper adds to each of its events. */
export interface About extends Pick<TrackOptions, "entityType" | "entityId"> {
  readonly props?: Props | undefined;
}

/** Listeners that end together. */
export interface Watch {
  /** Listens on the window, before the SDK does, so that what is tracked at page exit still leaves. */
  on(types: string, listener: (event: Event) => void): void;
  /** Calls back when the page goes away, perhaps for good. */
  onHide(listener: () => void): void;
  readonly signal: AbortSignal;
  stop(): void;
}

/** The page, or nothing where there is none. */
export function pageOrNothing(page: HelperPage | undefined): HelperPage | undefined {
  const there = page ?? globalThis as unknown as HelperPage;
  return there.document ? there : undefined;
}

/** Watches a page. */
export function watch(page: HelperPage): Watch {
  const life = new AbortController();
  function on(types: string, listener: (event: Event) => void): void {
    for (const type of types.split(" ")) {
      page.addEventListener(type, (event) => safely(() => listener(event)), {
        capture: true,
        passive: true,
        signal: life.signal,
      });
    }
  }
  return {
    on,
    onHide(listener) {
      on("visibilitychange pagehide", ({ type }) => {
        if (type === "pagehide" || page.document.visibilityState === "hidden") listener();
      });
    },
    signal: life.signal,
    stop: () => life.abort(),
  };
}

/** Tracks with what a helper adds to each of its events. */
export function trackAbout(
  tracker: Tracker,
  eventType: string,
  { props, ...entity }: About,
  own: Props,
): void {
  tracker.track(eventType, { ...own, ...props }, entity);
}

/** The element that was clicked, by the left or the middle button, or the one around it that fits. */
export function clicked<T extends Element>(event: Event, selector: string): T | null {
  const target = event.target as Partial<Element> | null;
  if ((event as MouseEvent).button > 1) return null;
  return target?.closest?.(selector) as T | null | undefined ?? null;
}
