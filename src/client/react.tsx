/** The React part of the SDK: a provider, a hook, and views with their durations. */

import {
  createContext,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useSyncExternalStore,
} from "react";
import { createAnalytics } from "./mod.ts";
import { safely } from "./page.ts";
import type {
  Analytics,
  AnalyticsOptions,
  EventName,
  RequiredProps,
  TrackArguments,
} from "./types.ts";
import { startView, type View } from "./view.ts";

export type * from "./types.ts";

/** Props of `AnalyticsProvider`: an existing instance, or the options to create one. */
export type AnalyticsProviderProps =
  & { readonly children?: ReactNode }
  & ({ readonly analytics: Analytics } | AnalyticsOptions);

/** The result of `useAnalytics`. Its functions stay the same from render to render. */
export interface UseAnalytics extends Pick<Analytics, "track" | "trackNow" | "identify" | "reset"> {
  /** Whether events are being sent. */
  readonly isTracking: boolean;
}

const Context = createContext<Analytics | null>(null);
/** One per service URL: creating one per mount would leak its listeners. */
const instances = new Map<string, Analytics>();
const noop = () => {};
const subscribeToNothing = () => noop;
const returnFalse = () => false;

/** Provides analytics to the components within. */
// No `ReactNode`: before TypeScript 5.1 and React 18.2.8's types, a component returns an element.
export function AnalyticsProvider({ children, ...props }: AnalyticsProviderProps): ReactElement {
  return (
    <Context.Provider value={"analytics" in props ? props.analytics : getInstance(props)}>
      {children}
    </Context.Provider>
  );
}

function getInstance(options: AnalyticsOptions): Analytics {
  const analytics = instances.get(options.url) ?? createAnalytics(options);
  instances.set(options.url, analytics);
  return analytics;
}

/** Returns the analytics of the nearest provider; without one, its functions do nothing. */
export function useAnalytics(): UseAnalytics {
  const analytics = useContext(Context);
  const isTracking = useSyncExternalStore(
    analytics?.subscribe ?? subscribeToNothing,
    analytics ? () => analytics.getState().sending : returnFalse,
    returnFalse,
  );
  return {
    track: analytics?.track ?? noop,
    trackNow: analytics?.trackNow ?? resolveUntracked,
    identify: analytics?.identify ?? noop,
    reset: analytics?.reset ?? noop,
    isTracking,
  };
}

function resolveUntracked() {
  return Promise.resolve({ tracked: false, queued: false });
}

/** The arguments of `track` without `view_duration_ms`, which the hook measures. */
export type ViewArguments<T extends EventName> = T extends "asset_viewed" ? [
    props?: Omit<RequiredProps[T], "view_duration_ms"> & Record<string, unknown>,
    options?: TrackArguments<T>[1],
  ]
  : TrackArguments<T>;

/** A view that ends unless the same view starts again at once. */
interface EndingView {
  readonly _key: string;
  readonly _analytics: Analytics;
  readonly _view: View;
  readonly _timer: unknown;
}

/**
 * Tracks a view as one event with `view_duration_ms`, sent when the view ends: when the component
 * unmounts, when the arguments change, or when the page is hidden. When the page is visible again, a new
 * view begins.
 */
export function useTrackView<T extends EventName>(eventType: T, ...rest: ViewArguments<T>): void {
  const analytics = useContext(Context);
  const [props, options] = rest;
  // If props are not JSON, `track` reports it.
  const key = safely(() => JSON.stringify([eventType, props, options])) ?? eventType;
  const ending = useRef<EndingView | null>(null);
  useEffect(() => {
    if (!analytics || typeof document === "undefined") return;
    const last = ending.current;
    // Strict mode mounts twice: an end followed at once by the same start does not count.
    const same = last?._key === key && last._analytics === analytics ? last : null;
    if (same) clearTimeout(same._timer as number);
    const view = same
      ? same._view
      : startView((view_duration_ms) =>
        analytics.track<string>(eventType, { ...props, view_duration_ms }, options)
      );
    ending.current = null;
    return () => {
      const timer: unknown = setTimeout(() => {
        if (ending.current?._view === view) ending.current = null;
        view._end();
      });
      ending.current = { _key: key, _analytics: analytics, _view: view, _timer: timer };
    };
  }, [analytics, key]);
}
