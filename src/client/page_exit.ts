/**
 * Sends queued events when a page is about to go away, by a keepalive request or a beacon. The events
 * stay queued until a response confirms them. Their idempotency keys make the repeat harmless.
 *
 * No `unload` and no `beforeunload` listeners: both keep a page out of the back/forward cache.
 */

import type { Page } from "./page.ts";
import { type SendContext, toPostInit, toWireEvent } from "./request.ts";

/** Browsers allow 64 KiB in flight. A UTF-16 unit is at most 3 bytes of UTF-8. */
const MAX_LENGTH = 64 * 1024 / 3;
const MAX_EVENTS = 50;

/** Sends queued events that are not blocked, each at most once per page. */
export function sendAtExit(page: Page, context: SendContext): void {
  // A beacon always carries cookies, never a header, and is blocked by lists as a whole when it is sent
  // to another site; but not every browser supports keepalive.
  const url = context._base + "/v1/exit";
  let events: string[] = [];
  let owner: string | null = null;

  function send(): void {
    const body = `{"events":[${events}]}`;
    const mustFetch = "keepalive" in page.Request.prototype || context._identity._tokens.has(owner);
    if (events.length && (mustFetch || !page.navigator.sendBeacon?.(url, body))) {
      page.fetch(url, { ...toPostInit(context, owner, body), keepalive: true })
        .catch(() => {}); // the next visit sends them
    }
    events = [];
  }

  for (const record of context._queue._pending.values()) {
    if (record.beaconed || !context._identity._isDue(record)) continue;
    record.beaconed = true;
    const event = JSON.stringify(toWireEvent(page, context, record));
    const length = `${events}${event}`.length;
    if (record.by !== owner || length > MAX_LENGTH || events.length === MAX_EVENTS) send();
    owner = record.by;
    events.push(event);
  }
  send();
}
