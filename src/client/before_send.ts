/** The page's own function that changes or drops events. */

import type { AnalyticsOptions, QueuedEvent } from "./types.ts";
import type { UrlFilter } from "./urls.ts";

/** Creates what calls `beforeSend`: without a result that is an event, the event is dropped. */
export function createBeforeSend(
  beforeSend: AnalyticsOptions["beforeSend"],
  filter: UrlFilter,
): (event: QueuedEvent) => QueuedEvent | void {
  let hasFailed = false;
  return (event) => {
    if (!beforeSend) return event;
    try {
      const changed = JSON.parse(JSON.stringify(beforeSend({ ...event })), filter);
      changed?.eventType.trim(); // throws for what is no event, such as a promise
      return changed && { ...changed, idempotencyKey: event.idempotencyKey };
    } catch (error) {
      // deno-lint-ignore no-console -- an error in the page's own function, of which it learns nowhere else
      if (!hasFailed) console.error("beforeSend:", error);
      hasFailed = true;
    }
  };
}
