/** One request of the SDK: sends a batch and reads a result for each of its events. */

import { isWorthRepeating } from "../events/send_again.ts";
import type { Consent } from "./consent.ts";
import type { Identity } from "./identity.ts";
import type { Settings } from "./options.ts";
import { type Page, safely } from "./page.ts";
import type { Queue } from "./queue.ts";
import type { QueueRecord } from "./record.ts";
import type { ServerClock } from "./server_clock.ts";
import type { Status } from "./status.ts";
import type { QueuedEvent, Rejection } from "./types.ts";

/** The service's result for one event: stored if there is `data`, otherwise rejected with `error`. */
export interface EventResult {
  readonly data?: unknown;
  readonly error?: string;
}

/** After a batch: continue, */
export const CONTINUE = 0;
/** … continue with smaller batches, */
export const SPLIT = 1;
/** … or wait, and continue with smaller batches. */
export const BACK_OFF = 2;

/** The outcome of a batch. */
export type BatchResponse = readonly [
  /** One for each event; undefined for an event that has to be sent again. */
  results: readonly (EventResult | undefined)[],
  /** HTTP status; 0 without a response. */
  status: number,
  /** How to go on. */
  next: typeof CONTINUE | typeof SPLIT | typeof BACK_OFF,
  /** Milliseconds to wait before sending anything, from `Retry-After`. */
  waitMs: number,
];

/** What sending needs: the page's settings and shared state. */
export interface SendContext extends Settings {
  readonly _queue: Queue;
  readonly _clock: ServerClock;
  readonly _identity: Identity;
  readonly _consent: Consent;
  readonly _status: Status;
  /** Once aborted, nothing is sent. */
  readonly _lifetime: AbortSignal;
  /** Set when the visitor opts out or the page shuts down, until sending begins again. */
  _isCancelled?: boolean;
  /** Aborts the request in flight. */
  _abort?: () => void;
}

/** Statuses that a retry cannot change. */
const FINAL = [400, 409, 412, 413];
const MAX_WAIT_MS = 3_600_000;
/** Until then no other tab sends. */
const TIMEOUT_MS = 30_000;
/** How long the first batch waits for the server's time. */
const CLOCK_TIMEOUT_MS = 5_000;
/** The service tolerates at least this much. */
const MAX_OFFSET_CHANGE_MS = 1_000;

/** The event as it is sent, with its time corrected to the server's clock. */
export function toWireEvent(
  page: Page,
  context: SendContext,
  { event, at }: QueueRecord,
): QueuedEvent {
  if (at === null) return event;
  // Clamped, as this machine's clock may have been set back since.
  const time = Math.min(at, page.Date.now()) - (context._clock._offset || 0);
  return { ...event, props: { ...event.props, occurred_at: new Date(time).toISOString() } };
}

/** Reports an event that will not be sent again to the page. */
export function report(settings: Settings, rejection: Rejection): void {
  safely(() => settings.onRejected?.(rejection));
}

/**
 * Builds the request that posts events of one user. Without a token it needs no CORS preflight, as the
 * body is sent as plain text.
 */
export function toPostInit(
  context: SendContext,
  by: string | null,
  body: string,
): RequestInit {
  const token = context._identity._tokens.get(by);
  return {
    method: "POST",
    body,
    credentials: context.credentials,
    headers: token && { authorization: "Bearer " + token._jwt },
  } as RequestInit;
}

/** Sends events of one user as a batch. Never throws. */
export async function sendBatch(
  page: Page,
  context: SendContext,
  records: readonly QueueRecord[],
): Promise<BatchResponse> {
  let batchResults: BatchResponse[0] = [];
  let status = 0;
  let next: BatchResponse[2] = CONTINUE;
  let waitMs = 0;

  /** Returns the response's body, or an empty object if it is not JSON, as that of a proxy. */
  async function request(path: string, timeoutMs: number, init?: RequestInit) {
    const attempt = new AbortController();
    const abort = context._abort = () => attempt.abort();
    const timer = page.setTimeout(abort, timeoutMs);
    if (context._isCancelled) abort(); // during the request before
    try {
      const sentAt = page.Date.now();
      const response = await page.fetch(context._base + path, { ...init, signal: attempt.signal });
      const header = (name: string) => response.headers.get(name) ?? "";
      // A cache adds `Age`, and keeps the `Date` of the response that it has.
      if (!parseFloat(header("age"))) context._clock._update(header("date"), sentAt);
      const retryAfter = header("retry-after");
      waitMs = Math.min(
        +retryAfter * 1000 || Date.parse(retryAfter) - page.Date.now() || 0,
        MAX_WAIT_MS,
      );
      status = response.status;
      return await response.json().catch(() => ({}));
    } finally {
      page.clearTimeout(timer);
    }
  }

  try {
    // If /livez is not public, times stay uncorrected until the batch's own response.
    // The query is new to every cache, that of a service worker too, which adds no `Age`.
    if (isNaN(context._clock._offset)) {
      await request("/livez?" + page.Date.now(), CLOCK_TIMEOUT_MS).catch(() => {});
    }
    const offset = context._clock._offset || 0;
    const body = JSON.stringify({
      events: records.map((record) => toWireEvent(page, context, record)),
    });
    const init = toPostInit(context, (records[0] as QueueRecord).by, body);
    const { results, message } = await request("/v1/batch", TIMEOUT_MS, init);
    const isCorrected = Math.abs(context._clock._offset - offset) > MAX_OFFSET_CHANGE_MS;
    if (!FINAL.includes(status)) {
      batchResults = records.map((record, i) => {
        const result = results[i];
        if (isWorthRepeating(result.error)) next = BACK_OFF;
        // A time rejected before the offset was corrected may be accepted now: send it again.
        else if (!isCorrected || !record.at || !/occurred_at/.test(result.error)) return result;
      });
    } else if (records.length > 1) next = SPLIT;
    else if (message) batchResults = [{ error: message }];
    else next = BACK_OFF; // not a response of the service
  } catch {
    // No network, a server error, or a captive portal.
    next = BACK_OFF;
  }
  return [batchResults, status, next, waitMs];
}
