/**
 * What the server's clock says, read off the header `Date` of its answers.
 *
 * This machine's clock is ahead of the server's by `offset`. An answer's `Date`, cut to seconds, lies
 * between sending and receiving: received − date is never too small an offset, and the smallest seen
 * comes nearest. A time corrected by it is never in the future, and corrections only grow, so that
 * slow answers bring no two events out of order.
 */

import { type Page, recall, remember } from "./page.ts";

/** Knows how far this machine's clock is off. */
export interface ServerClock {
  /** Milliseconds to take off; `NaN` before the first answer, on this visit or an earlier one. */
  offset(): number;
  /** Learns from an answer that has just come; `sentAt` is when it was asked for. */
  learn(date: string | null, sentAt: number): void;
}

/** What it is remembered by. */
export const OFFSET = "offset";
/** `Date` has no fractions of a second. */
const CUT_MS = 1_000;

/** Makes a clock that remembers over visits. */
export function createServerClock(page: Page): ServerClock {
  let offset = parseFloat(`${recall(page, OFFSET)}`);
  return {
    offset: () => offset,
    learn(date, sentAt) {
      const served = Date.parse(date ?? "");
      const most = page.Date.now() - served;
      const least = sentAt - served - CUT_MS;
      // Less than the least possible: this machine's clock has been set since.
      if (!served || offset <= most && offset >= least) return;
      offset = most;
      remember(page, OFFSET, `${most}`);
    },
  };
}
