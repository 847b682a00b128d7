/**
 * The end of a page: what waits goes by beacon, and stays queued until an answer confirms it. Its
 * idempotency key makes the repeat harmless.
 *
 * No `unload`, no `beforeunload`: both keep a page out of the back/forward cache.
 */

import type { Queue } from "./queue.ts";
import { eventOf, postOf, type Wire } from "./request.ts";

/** Browsers let 64 KiB be under way. A UTF-16 unit is at most 3 bytes. */
const MAX_LENGTH = 64 * 1024 / 3;
const MAX_EVENTS = 50;

/** Sends what waits by beacon, each event once a page. */
export function sendAtExit(queue: Queue, wire: Wire): void {
  const { page, base, tokens } = wire;
  const url = base + "/v1/beacon";
  let events: string[] = [];
  let owner: string | null = null;

  function send(): void {
    const body = `{"events":[${events}]}`;
    // A beacon has no headers: events of somebody known go by a request that outlives the page.
    if (events.length && (tokens.has(owner) || !page.navigator.sendBeacon?.(url, body))) {
      page.fetch(url, { ...postOf(wire, owner, body), keepalive: true })
        .catch(() => {}); // the next visit sends it
    }
    events = [];
  }

  for (const record of queue.mine.values()) {
    if (record.beaconed) continue;
    record.beaconed = true;
    const event = JSON.stringify(eventOf(wire, record));
    const { length } = `${events}${event}`;
    if (record.by !== owner || length > MAX_LENGTH || events.length === MAX_EVENTS) send();
    owner = record.by;
    events.push(event);
  }
  send();
}
