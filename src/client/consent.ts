/** The visitor's consent to tracking. */

import { type Page, readItem, writeItem } from "./page.ts";
import type { AnalyticsOptions } from "./types.ts";

/**
 * What the visitor chose, as it is stored: "" after an opt-in, "1" after an opt-out, "0" after an opt-out
 * without an opt-in before, so that nothing was stored; "?" while consent is required and awaited.
 */
export type Choice = string;

/** The visitor's choices. */
export interface Consent {
  /** Read afresh on every call, as another tab may have changed it. */
  _choice(): Choice;
  /** Whether Global Privacy Control is on: events are sent without user and session. */
  _isAnonymous(): boolean | undefined;
  /** Stores the visitor's choice. */
  _set(optedOut: boolean): void;
}

const CHOICE = "opted-out";
/** Choices after which nothing is tracked. */
export const OPTED_OUT = /[^?]/;
/** Choices with which nothing was or may be stored. */
export const UNSTORED = /[?0]/;

/** Keeps the choice in localStorage; an opt-in only where consent is required. */
export function createConsent(
  page: Page,
  settings: Partial<AnalyticsOptions>,
): Consent {
  const { consent = "granted" } = settings;
  const initial = consent !== "granted" ? "?" : "";
  /** Set if localStorage could not be written, and for an opt-in, as sites clear localStorage. */
  let memory: string | null = null;
  const choice = () => readItem(page, CHOICE) ?? memory ?? initial;
  return {
    _choice: choice,
    _isAnonymous: () => (settings.honorGpc ?? true) && page.navigator.globalPrivacyControl,
    _set(optedOut) {
      memory = optedOut ? UNSTORED.test(choice()) ? "0" : "1" : "";
      writeItem(page, CHOICE, null); // makes room, and leaves no earlier choice if that fails
      if ((memory || initial) && writeItem(page, CHOICE, memory)) memory &&= null;
    },
  };
}
