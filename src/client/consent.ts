/** What the visitor allows. */

import { type Page, recall, remember } from "./page.ts";

/** The visitor's will. */
export interface Consent {
  /** Nothing at all may be tracked. */
  optedOut(): boolean;
  /** Global Privacy Control: events may be counted, and belong to nobody and to no session. */
  anonymous(): boolean;
  set(optedOut: boolean): void;
}

const OPTED_OUT = "opted-out";

/** Reads and keeps the visitor's will; asked anew each time, as another tab may have changed it. */
export function createConsent(page: Page, honorGpc = true): Consent {
  /** Where storage takes nothing; else it alone tells, and another tab may have the last word. */
  let memory = false;
  return {
    optedOut: () => memory || !!recall(page, OPTED_OUT),
    anonymous: () => honorGpc && page.navigator.globalPrivacyControl === true,
    set(optedOut) {
      memory = !remember(page, OPTED_OUT, optedOut ? "1" : null) && optedOut;
    },
  };
}
