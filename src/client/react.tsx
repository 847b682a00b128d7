/** React: a provider, the hook, and views with their durations. */

import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useSyncExternalStore,
} from "react";
import { type Analytics, type AnalyticsOptions, createAnalytics } from "./mod.ts";
import { safely } from "./page.ts";
import type { EventName, RequiredProps, TrackArguments } from "./types.ts";
import { beginView, type View } from "./view.ts";

/** What `AnalyticsProvider` takes: analytics made before, or the options to make them. */
export type AnalyticsProviderProps =
  & { readonly children?: ReactNode }
  & ({ readonly analytics: Analytics } | AnalyticsOptions);

/** What `useAnalytics` gives. `track` and its like stay the same from render to render. */
export interface UseAnalytics extends Pick<Analytics, "track" | "trackNow" | "identify" | "reset"> {
  /** A request is on its way. */
  readonly isTracking: boolean;
}

const NOBODY: Analytics | null = null;
const Context = createContext(NOBODY as Analytics | null);
/** One for each service and page: what a second mount makes would listen for ever. */
const made = new Map<string, Analytics>();
const nothing = () => {};
const never = () => nothing;
const no = () => false;

/** Gives analytics to the components within. */
export function AnalyticsProvider({ children, ...props }: AnalyticsProviderProps): ReactNode {
  return (
    <Context.Provider value={"analytics" in props ? props.analytics : of(props)}>
      {children}
    </Context.Provider>
  );
}

function of(options: AnalyticsOptions): Analytics {
  const analytics = made.get(options.url) ?? createAnalytics(options);
  made.set(options.url, analytics);
  return analytics;
}

/** The analytics of the provider around; without one, they do nothing. */
export function useAnalytics(): UseAnalytics {
  const analytics = useContext(Context);
  const isTracking = useSyncExternalStore(
    analytics?.subscribe ?? never,
    analytics ? () => analytics.getState().sending : no,
    no,
  );
  return {
    track: analytics?.track ?? nothing,
    trackNow: analytics?.trackNow ?? untracked,
    identify: analytics?.identify ?? nothing,
    reset: analytics?.reset ?? nothing,
    isTracking,
  };
}

function untracked() {
  return Promise.resolve({ tracked: false, queued: false });
}

/** As `track` takes them, but for the duration, which the hook measures. */
export type ViewArguments<T extends EventName> = T extends "asset_viewed" ? [
    props?: Omit<RequiredProps[T], "view_duration_ms"> & Record<string, unknown>,
    options?: TrackArguments<T>[1],
  ]
  : TrackArguments<T>;

/** A view that ends unless it goes on at once. */
interface Ended {
  readonly what: string;
  readonly analytics: Analytics;
  readonly view: View;
  readonly timer: unknown;
}

/**
 * Tracks that something is viewed, once, when it no longer is, with `view_duration_ms`: when the
 * component goes, when it shows something else (other arguments), or when the page is hidden. A page
 * that comes back is a new view. Time while the page is hidden does not count.
 */
export function useTrackView<T extends EventName>(eventType: T, ...rest: ViewArguments<T>): void {
  const analytics = useContext(Context);
  const [props, options] = rest;
  // Props that are not JSON, `track` reports.
  const what = safely(() => JSON.stringify([eventType, props, options])) ?? eventType;
  const ended = useRef<Ended | null>(null);
  useEffect(() => {
    if (!analytics || typeof document === "undefined") return;
    const last = ended.current;
    // Strict mode mounts twice: an end that is followed by the same beginning was none.
    const again = last?.what === what && last.analytics === analytics ? last : null;
    if (again) clearTimeout(again.timer as number);
    const view = again
      ? again.view
      : beginView((view_duration_ms) =>
        analytics.track<string>(eventType, { ...props, view_duration_ms }, options)
      );
    ended.current = null;
    return () => {
      const timer: unknown = setTimeout(() => {
        if (ended.current?.view === view) ended.current = null;
        view.end();
      });
      ended.current = { what, analytics, view, timer };
    };
  }, [analytics, what]);
}
