/** The visitor's session and its attribution: shared by all tabs, new after idling. */

import { cut } from "../events/cut.ts";
import { type Page, readItem, safely, writeItem } from "./page.ts";
import { type Consent, OPTED_OUT } from "./consent.ts";
import type { Settings } from "./options.ts";
import type { Attribution } from "./types.ts";
import { createUrlFilter, type UrlFilter } from "./urls.ts";

/** A session, as it is stored: its property names must not be mangled. */
export interface Session {
  /** A UUID. */
  readonly id: string;
  /** When it was last used, epoch milliseconds. */
  seenAt: number;
  /** The latest arrival with a campaign or click id that was new, else the first arrival. */
  attribution: Attribution;
  /** The campaigns and click ids so far. */
  readonly seen: string[];
}

/** The sessions of this browser. */
export interface Sessions {
  /** Extends the current session, or starts a new one; `null` where the visitor may have none. */
  _touch(): Session | null;
  /** Ends the session. */
  _end(): void;
}

const SESSION = "visit"; // "session" is that of an earlier format
/** The service's limits. */
const MAX_TAG = 255;
const MAX_URL = 2_000;

/** Campaign tags and click ids alone. */
const filterCampaign = createUrlFilter();

/**
 * Keeps the session in localStorage, or in memory where that is forbidden and while consent is awaited.
 */
export function createSessions(
  page: Page,
  newId: () => string,
  settings: Settings,
  filter: UrlFilter,
  consent: Consent,
  lifetime: AbortSignal,
): Sessions {
  let session: Session | null | undefined;
  /** Whether the last one was stored: if it is missing now, another tab has ended it. */
  let isStored: true | undefined;
  /** How the visitor came to this page, read before the page may change its address. */
  let arrival = readArrival(page, filter);
  return {
    _touch() {
      const choice = consent._choice();
      const isOff = lifetime.aborted || page.document?.prerendering || OPTED_OUT.test(choice);
      if (isOff || consent._isAnonymous()) return null;
      const now = page.Date.now();
      if (isStored || !session) {
        session = safely(() => JSON.parse(readItem(page, SESSION) as string));
      }
      if (!(session?.seen && now - session.seenAt < settings.sessionTimeoutMs)) {
        session = { id: newId(), seenAt: now, attribution: {}, seen: [] };
        arrival ??= readArrival(page, filter);
      }
      if (arrival && !session.seen.includes(arrival[1])) {
        session.attribution = arrival[0];
        session.seen.push("", arrival[1]); // a page without a campaign renews nothing
      }
      arrival = null;
      session.seenAt = now;
      if (!choice) isStored = writeItem(page, SESSION, JSON.stringify(session));
      return session;
    },
    _end() {
      session = null;
      writeItem(page, SESSION, null);
    },
  };
}

/** Attribution, and the campaign tags and click ids of the address as one text. */
type Arrival = readonly [attribution: Attribution, campaign: string];

/** `null` where there is no address. */
function readArrival({ location, document }: Page, filter: UrlFilter): Arrival | null {
  if (!location) return null;
  const campaign = new URLSearchParams(filterCampaign("", location.href).split("?")[1]);
  const attribution: Attribution = { landingPage: cut(filter("", location.href), MAX_URL) };
  for (const tag of ["Source", "Medium", "Campaign", "Term", "Content"] as const) {
    const value = campaign.get("utm_" + tag.toLowerCase());
    if (value) attribution[`utm${tag}`] = cut(value, MAX_TAG);
  }
  const referrer = document?.referrer;
  if (referrer && !referrer.startsWith(location.origin + "/")) {
    attribution.referrer = cut(filter("", referrer), MAX_URL);
  }
  return [attribution, `${campaign}`];
}
