/** The visitor's session and its attribution: shared by all tabs, new after idling. */

import { type Page, readItem, safely, writeItem } from "./page.ts";
import type { Attribution } from "./types.ts";

/** A session, as it is stored: its property names must not be mangled. */
export interface Session {
  /** A UUID. */
  readonly id: string;
  /** When it was last used, epoch milliseconds. */
  seenAt: number;
  /** The first touch. */
  readonly attribution: Attribution;
}

/** The sessions of this browser. */
export interface Sessions {
  /** Extends the current session, or starts a new one. */
  _touch(): Session;
  /** Ends the session. */
  _end(): void;
}

const SESSION = "session";
/** The service's limits. */
const MAX_TAG = 255;
const MAX_URL = 2_000;

/** Keeps the session in localStorage, or in memory where that is forbidden. */
export function createSessions(page: Page, newId: () => string, idleMs: number): Sessions {
  let session: Session | null = null;
  /** Whether the last one was stored: if it is missing now, another tab has ended it. */
  let isStored: true | undefined;
  return {
    _touch() {
      const now = page.Date.now();
      if (isStored || !session) {
        session = safely(() => JSON.parse(readItem(page, SESSION) ?? "")) ?? null;
      }
      if (!session || now - session.seenAt >= idleMs) {
        session = { id: newId(), seenAt: now, attribution: readAttribution(page) };
      }
      session.seenAt = now;
      isStored = writeItem(page, SESSION, JSON.stringify(session));
      return session;
    },
    _end() {
      session = null;
      writeItem(page, SESSION, null);
    },
  };
}

function readAttribution({ document, location }: Page): Attribution {
  const { href, search, origin } = location;
  // Without the fragment, which is private to the page.
  const attribution: Attribution = { landingPage: href.replace(/#.*/, "").slice(0, MAX_URL) };
  for (const tag of ["Source", "Medium", "Campaign", "Term", "Content"] as const) {
    const value = new URLSearchParams(search).get("utm_" + tag.toLowerCase());
    if (value) attribution[`utm${tag}`] = value.slice(0, MAX_TAG);
  }
  const referrer = document?.referrer;
  if (referrer && !referrer.startsWith(origin + "/")) {
    attribution.referrer = referrer.slice(0, MAX_URL);
  }
  return attribution;
}
