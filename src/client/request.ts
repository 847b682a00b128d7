/** One request of the SDK: sends a batch and reads a result for each of its events. */

import { isWorthRepeating } from "../events/send_again.ts";
import type { Choice } from "./consent.ts";
import type { Settings } from "./options.ts";
import type { Page } from "./page.ts";
import type { Queue } from "./queue.ts";
import type { IsBlocked, QueueRecord } from "./record.ts";
import type { ServerClock } from "./server_clock.ts";
import type { Token } from "./token.ts";
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
  readonly _page: Page;
  readonly _queue: Queue;
  readonly _clock: ServerClock;
  /** By user, so that events queued before a sign-out are still sent with their user's token. */
  readonly _tokens: Map<string | null, Token>;
  /** Once aborted, nothing is sent. */
  readonly _lifetime: AbortSignal;
  readonly _isBlocked: IsBlocked;
  /** What the visitor chose: after an opt-out and while consent is awaited, nothing is sent. */
  readonly _choice: () => Choice;
  readonly _onRejected: (rejection: Rejection) => void;
  /** Set when the visitor opts out or the page shuts down, until sending begins again. */
  _isCancelled?: boolean;
  /** Aborts the request in flight. */
  _abort?: () => void;
  /** Called when sending begins and ends. */
  readonly _onSending: (sending: boolean) => void;
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
  { _page: page, _clock }: SendContext,
  { event, at }: QueueRecord,
): QueuedEvent {
  if (at === null) return event;
  // Clamped, as this machine's clock may have been set back since.
  const time = Math.min(at, page.Date.now()) - (_clock._offset() || 0);
  return { ...event, props: { ...event.props, occurred_at: new Date(time).toISOString() } };
}

/**
 * Builds the request that posts events of one user. Without a token it needs no CORS preflight, as the
 * body is sent as plain text.
 */
export function toPostInit(
  { credentials, _tokens }: SendContext,
  by: string | null,
  body: string,
): RequestInit {
  const token = _tokens.get(by);
  const headers = token && { authorization: "Bearer " + token._jwt };
  return { method: "POST", body, credentials, headers } as RequestInit;
}

/** Sends events of one user as a batch. Never throws. */
export async function sendBatch(
  context: SendContext,
  records: readonly QueueRecord[],
): Promise<BatchResponse> {
  const { _page: page, _base, _clock: clock } = context;
  let batchResults: BatchResponse[0] = [];
  let status = 0;
  let next: BatchResponse[2] = CONTINUE;
  let waitMs = 0;

  /** Returns the response's body, or an empty object if it is not JSON, as that of a proxy. */
  async function request(path: string, timeoutMs: number, init?: RequestInit) {
    const attempt = new AbortController();
    context._abort = () => attempt.abort();
    const timer = page.setTimeout(context._abort, timeoutMs);
    if (context._isCancelled) attempt.abort(); // during the request before
    try {
      const sentAt = page.Date.now();
      const response = await page.fetch(_base + path, { ...init, signal: attempt.signal });
      const header = (name: string) => response.headers.get(name) ?? "";
      // A cache adds `Age`, and keeps the `Date` of the response that it has.
      if (!parseFloat(header("age"))) clock._update(header("date"), sentAt);
      const retryAfter = header("retry-after");
      waitMs = Math.min(
        Number(retryAfter) * 1000 || Date.parse(retryAfter) - page.Date.now() || 0,
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
    if (isNaN(clock._offset())) {
      await request("/livez?" + page.Date.now(), CLOCK_TIMEOUT_MS).catch(() => {});
    }
    const offset = clock._offset() || 0;
    const body = JSON.stringify({ events: records.map((record) => toWireEvent(context, record)) });
    const init = toPostInit(context, records[0]?.by ?? null, body);
    const { results, message } = await request("/v1/batch", TIMEOUT_MS, init);
    const isCorrected = Math.abs(clock._offset() - offset) > MAX_OFFSET_CHANGE_MS;
    if (!FINAL.includes(status)) {
      batchResults = records.map(({ at }, i) => {
        const { data, error } = results[i];
        if (isWorthRepeating(error)) next = BACK_OFF;
        // A time rejected before the offset was corrected may be accepted now: send it again.
        else if (!isCorrected || !at || !/occurred_at/.test(error)) return { data, error };
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
