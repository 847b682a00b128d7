/** The session of a visitor and how they came to it: shared by all tabs, new after idling. */

import { type Page, recall, remember, safely } from "./page.ts";
import type { Attribution } from "./types.ts";

/** A session. */
export interface Session {
  /** A UUID. */
  readonly id: string;
  /** When the last event was, epoch milliseconds. */
  seenAt: number;
  /** The first touch. */
  readonly attribution: Attribution;
}

/** Sessions of this browser. */
export interface Sessions {
  /** The session that goes on now, or a new one. */
  touch(): Session;
  /** Ends the session. */
  end(): void;
}

const SESSION = "session";
/** As the service takes them. */
const MAX_TAG = 255;
const MAX_URL = 2_000;

/** Keeps sessions in localStorage, or in memory where that is forbidden. */
export function createSessions(page: Page, newId: () => string, idleMs: number): Sessions {
  let session: Session | null = null;
  /** Storage took the last one: where it is no longer, another tab has ended it. */
  let kept: true | undefined;
  return {
    touch() {
      const now = page.Date.now();
      if (kept || !session) session = safely(() => JSON.parse(recall(page, SESSION) ?? "")) ?? null;
      if (!session || now - session.seenAt >= idleMs) {
        session = { id: newId(), seenAt: now, attribution: readAttribution(page) };
      }
      session.seenAt = now;
      kept = remember(page, SESSION, JSON.stringify(session));
      return session;
    },
    end() {
      session = null;
      remember(page, SESSION, null);
    },
  };
}

function readAttribution({ document, location }: Page): Attribution {
  const { href, search, origin } = location;
  // Without the fragment, which is the page's own business.
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
