/** From the call to `track` to the queue. */

import { createBeforeSend } from "./before_send.ts";
import { type Page, type PageState, safely, whenShown } from "./page.ts";
import type { QueueRecord } from "./record.ts";
import { report, type SendContext } from "./request.ts";
import type { Sender } from "./sender.ts";
import type { Sessions } from "./session.ts";
import type { Props, QueuedEvent, TrackOptions } from "./types.ts";
import type { UrlFilter } from "./urls.ts";

/** What tracking needs besides sending. */
export interface TrackContext extends SendContext {
  readonly _sessions: Sessions;
  readonly _newId: () => string;
  readonly _filter: UrlFilter;
  readonly _pageWide: PageState;
}

/**
 * Queues an event when the page is shown, unless tracking is off. Returns the first event's record for a
 * double click.
 */
export type Enqueue = (
  eventType: string,
  props?: Props,
  options?: TrackOptions,
) => QueueRecord | void | Promise<QueueRecord | void>;

/** An identical event within this time counts as a double click. */
const DOUBLE_CLICK_MS = 1_000;
/** Recent calls kept to detect double clicks. */
const MAX_RECENT = 100;
/** Event types that are dropped first when the queue is full. */
const LOW_VALUE = /scroll|engagement|filter/;
const NO_DOCUMENT = "Sluice: no document, use @sluice/client/native or @sluice/server";

/**
 * Creates a tracker.
 *
 * @param applyConsent called before each event, as another tab may have changed the visitor's choice
 */
export function createTracker(
  page: Page,
  context: TrackContext,
  sender: Sender,
  applyConsent: () => void,
): Enqueue {
  const recent = context._pageWide.recent;
  const prepare = createBeforeSend(context.beforeSend, context._filter);

  return (eventType, props, options = {}) => {
    const { occurredAt, lowValue, idempotencyKey, source = context.source, ...rest } = options;
    const original = { ...rest, source, eventType, props } as QueuedEvent;
    const json = safely(() => JSON.stringify([original, occurredAt])); // as the page may change its props
    return whenShown(page, (): QueueRecord | void => {
      // Said for an event only: on a server, rendering alone creates the SDK, too.
      // deno-lint-ignore no-console -- to the author, as no event would ever arrive
      if (!page.document) context._pageWide.told ??= console.warn(NO_DOCUMENT) ?? true;
      if (context._lifetime.aborted) return;
      applyConsent();
      if (context._status._state.optedOut) return;
      const now = page.Date.now();
      if (!json) return report(context, { event: original, status: 400, error: "Not JSON" });
      const last = recent.get(json);
      if (last && !idempotencyKey && Math.abs(now - last[0]) < DOUBLE_CLICK_MS) return last[1];

      const id = context._newId();
      const session = context._sessions._touch();
      const event = prepare({
        ...JSON.parse(json, context._filter)[0],
        ...(session && { sessionId: session.id, attribution: session.attribution }),
        idempotencyKey: idempotencyKey ?? id,
      });
      if (!event) return context._status._update({ dropped: context._status._state.dropped + 1 });
      const time = +new Date(event.props?.occurred_at ?? occurredAt ?? now);
      const at = (time < 1e11 ? time * 1e3 : time) || null; // small numbers are seconds (contract 4.3)
      const record = {
        id,
        event,
        at,
        by: session && context._identity._user,
        low: lowValue ?? LOW_VALUE.test(eventType),
      };
      if (recent.size > MAX_RECENT) recent.clear();
      recent.set(json, [now, record]);
      context._queue._add(record);
      sender._schedule(
        context._status._state.queued < context.batchSize ? context.flushIntervalMs : 0,
      );
      return record;
    });
  };
}
