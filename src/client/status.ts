/** What an instance has done, and who is told when that changes. */

import { safely } from "./page.ts";
import type { AnalyticsState } from "./types.ts";

/** The state of an instance. */
export interface Status {
  /** A new object after every change. */
  _state: AnalyticsState;
  /** Changes the state. */
  _update(part: Partial<AnalyticsState>): void;
  /** Calls `listener` after every change; returns a function that unsubscribes it. */
  _subscribe(listener: () => void): () => void;
}

/** Creates the state of an instance that has done nothing. */
export function createStatus(): Status {
  const listeners = new Set<() => void>();
  return {
    _state: { queued: 0, sending: false, sent: 0, rejected: 0, dropped: 0, optedOut: false },
    _update(part) {
      this._state = { ...this._state, ...part };
      listeners.forEach(safely);
    },
    _subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
