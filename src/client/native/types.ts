/** The public types of the SDK where there is no document. They need no types of the DOM. */

import type { Analytics, AnalyticsOptions } from "../types.ts";

/** Keeps texts by key, as AsyncStorage and `chrome.storage` do. A method that fails rejects. */
export interface AsyncStore {
  /** All keys; those of others do not matter. */
  keys(): Promise<readonly string[]>;
  /** The texts of these keys, in their order; `null` for a key that is missing. */
  read(keys: readonly string[]): Promise<readonly (string | null)[]>;
  /** Resolves when the text would survive the end of the process. */
  write(key: string, text: string): Promise<void>;
  /** Removes these keys, of which some may be missing. */
  remove(keys: readonly string[]): Promise<void>;
}

/** The part of React Native's `AppState` that the SDK uses. */
export interface AppStateLike {
  /** Calls back with `active`, `background` or another state. */
  addEventListener(
    type: "change",
    listener: (state: string) => void,
  ): { remove(): void };
}

/** The part of `NetInfo` (`@react-native-community/netinfo`) that the SDK uses. */
export interface NetInfoLike {
  /** Calls back with the state of the network; returns a function that unsubscribes. */
  addEventListener(
    listener: (state: { readonly isConnected: boolean | null }) => void,
  ): () => void;
}

/** What the SDK passes to `fetch`. */
export interface FetchInit {
  /** `POST`, or absent for `GET`. */
  readonly method?: string | undefined;
  /** Names and values. */
  readonly headers?: unknown;
  /** A text. */
  readonly body?: unknown;
  /** An `AbortSignal`. */
  readonly signal?: unknown;
  /** The option `credentials`. */
  readonly credentials?: unknown;
}

/** What the SDK reads of a response. */
export interface FetchResponse {
  /** The HTTP status. */
  readonly status: number;
  /** The headers. */
  readonly headers: {
    /** The value of a header. */
    get(name: string): string | null;
  };
  /** The body. */
  json(): Promise<unknown>;
}

/** Options of `createAnalytics` where there is no document. */
export interface NativeOptions extends AnalyticsOptions {
  /** Where queue, consent and session outlive the process: `asyncStorage(AsyncStorage)`, for example. */
  readonly store: AsyncStore;
  /** `AppState` of React Native: sends when the app goes to the background, and when it returns. */
  readonly appState?: AppStateLike | undefined;
  /** `NetInfo`: sends when the network returns. @default the worker's event `online` */
  readonly network?: NetInfoLike | undefined;
  /** Returns version 4 UUIDs. Needed only where there is no `crypto.getRandomValues`. */
  readonly randomUUID?: (() => string) | undefined;
  /** Replaces the global `fetch`. */
  fetch?(url: string, init?: FetchInit): Promise<FetchResponse>;
}

/** The SDK where there is no document. */
export interface NativeAnalytics extends Analytics {
  /**
   * Resolves when what was tracked so far is in the store or has left the queue: to false if some of it
   * is only in memory, as the store fails or consent is awaited.
   */
  saved(): Promise<boolean>;
}
