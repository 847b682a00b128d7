/**
 * The end of a page: what waits goes by a request that outlives it, or by beacon, and stays queued until
 * an answer confirms it. Its idempotency key makes the repeat harmless.
 *
 * No `unload`, no `beforeunload`: both keep a page out of the back/forward cache.
 */

import type { Queue } from "./queue.ts";
import type { IsHeld } from "./record.ts";
import { eventOf, postOf, type Wire } from "./request.ts";

/** Browsers let 64 KiB be under way. A UTF-16 unit is at most 3 bytes. */
const MAX_LENGTH = 64 * 1024 / 3;
const MAX_EVENTS = 50;

/** Sends what waits and is not held, each event once a page. */
export function sendAtExit(queue: Queue, wire: Wire, isHeld: IsHeld): void {
  const { page, base, tokens, credentials } = wire;
  // A beacon always has the cookies and never a header, but not every browser knows another way.
  const asFetch = credentials !== "include" && "keepalive" in (page.Request?.prototype ?? {});
  const url = base + "/v1/beacon";
  let events: string[] = [];
  let owner: string | null = null;

  function send(): void {
    const body = `{"events":[${events}]}`;
    const mustFetch = asFetch || tokens.has(owner);
    if (events.length && (mustFetch || !page.navigator.sendBeacon?.(url, body))) {
      page.fetch(url, { ...postOf(wire, owner, body), keepalive: true })
        .catch(() => {}); // the next visit sends it
    }
    events = [];
  }

  for (const record of queue.mine.values()) {
    if (record.beaconed || isHeld(record)) continue;
    record.beaconed = true;
    const event = JSON.stringify(eventOf(wire, record));
    const { length } = `${events}${event}`;
    if (record.by !== owner || length > MAX_LENGTH || events.length === MAX_EVENTS) send();
    owner = record.by;
    events.push(event);
  }
  send();
}
