/**
 * The server's clock, estimated from the `Date` header of its responses.
 *
 * This machine's clock is ahead of the server's by `offset`. A response's `Date` lies between sending and
 * receiving, but is truncated to seconds and may be a second old: received − date is never too small an
 * offset, and the smallest one seen is the closest. A time corrected by it is never in the future, and
 * corrected times only move forward, so that slow responses never reorder two events.
 *
 * Clocks that may agree are taken to, as most do: correcting them by what `Date` lacks would put an event
 * before what the server recorded earlier.
 */

import { type Page, readItem, writeItem } from "./page.ts";

/** Estimates how far this machine's clock is ahead of the server's. */
export interface ServerClock {
  /** Milliseconds to subtract; `NaN` before the first response of this or an earlier visit. */
  _offset: number;
  /** Updates the estimate from a response just received; `sentAt` is when its request was sent. */
  _update(date: string | null, sentAt: number): void;
}

/** The offset's name in localStorage. */
export const OFFSET = "offset";
/** `Date` has no fractions of a second, and servers such as Deno's renew it once a second only. */
const RESOLUTION_MS = 2_000;

/** Creates a clock that keeps its offset across visits. */
export function createServerClock(page: Page): ServerClock {
  return {
    _offset: parseFloat(readItem(page, OFFSET) as string),
    _update(date, sentAt) {
      const servedAt = Date.parse(date as string);
      const max = page.Date.now() - servedAt;
      const min = sentAt - servedAt - RESOLUTION_MS;
      // An offset below the minimum means that this machine's clock has been set since.
      if (!servedAt || this._offset <= max && this._offset >= min) return;
      this._offset = min > 0 || max < 0 ? max : 0;
      writeItem(page, OFFSET, this._offset);
    },
  };
}
