/** The visitor's consent to tracking. */

import { type Page, readItem, writeItem } from "./page.ts";

/** The visitor's choices, read afresh on every call, as another tab may have changed them. */
export interface Consent {
  /** Whether the visitor has opted out: nothing may be tracked. */
  _isOptedOut(): boolean;
  /** Whether Global Privacy Control is on: events are sent without user and session. */
  _isAnonymous(): boolean;
  /** Stores the visitor's choice. */
  _set(optedOut: boolean): void;
}

const OPTED_OUT = "opted-out";

/** Keeps the opt-out in localStorage. */
export function createConsent(page: Page, honorGpc = true): Consent {
  /** Set only if localStorage could not be written; otherwise localStorage alone counts. */
  let memory = false;
  return {
    _isOptedOut: () => memory || !!readItem(page, OPTED_OUT),
    _isAnonymous: () => honorGpc && page.navigator.globalPrivacyControl === true,
    _set(optedOut) {
      memory = !writeItem(page, OPTED_OUT, optedOut ? "1" : null) && optedOut;
    },
  };
}
