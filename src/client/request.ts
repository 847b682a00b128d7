/** One request of the SDK: sends a batch and reads a result for each of its events. */

import { isWorthRepeating } from "../events/send_again.ts";
import type { Page } from "./page.ts";
import type { QueueRecord } from "./record.ts";
import type { ServerClock } from "./server_clock.ts";
import type { Token } from "./token.ts";
import type { QueuedEvent } from "./types.ts";

/** The service's result for one event: stored if there is `data`, otherwise rejected with `error`. */
export interface EventResult {
  readonly data?: unknown;
  readonly error?: string;
}

/** The outcome of a batch. */
export interface BatchResponse {
  /** One for each event; undefined for an event that has to be sent again. */
  readonly _results: readonly (EventResult | undefined)[];
  /** HTTP status; 0 without a response. */
  readonly _status: number;
  /** Whether to continue at once, at once with smaller batches, or after a delay. */
  readonly _next: "continue" | "split" | "back off";
  /** Milliseconds to wait before sending anything, from `Retry-After`. */
  readonly _waitMs: number;
}

/** The settings and state that all requests of a page share. */
export interface SendContext {
  readonly _page: Page;
  /** The service's URL, without a trailing slash. */
  readonly _base: string;
  readonly _clock: ServerClock;
  readonly _credentials: RequestCredentials | undefined;
  /** By user, so that events queued before a sign-out are still sent with their user's token. */
  readonly _tokens: Map<string | null, Token>;
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
  { _credentials, _tokens }: SendContext,
  by: string | null,
  body: string,
): RequestInit {
  const token = _tokens.get(by);
  const headers = token && { authorization: "Bearer " + token._jwt };
  return { method: "POST", body, credentials: _credentials, headers } as RequestInit;
}

/** Sends events of one user as a batch. Never throws. */
export async function sendBatch(
  context: SendContext,
  records: readonly QueueRecord[],
  signal: AbortSignal,
): Promise<BatchResponse> {
  const { _page: page, _base, _clock: clock } = context;
  let batchResults: BatchResponse["_results"] = [];
  let status = 0;
  let next: BatchResponse["_next"] = "continue";
  let waitMs = 0;

  /** Returns the response's body, or an empty object if it is not JSON, as that of a proxy. */
  async function request(path: string, timeoutMs: number, init?: RequestInit) {
    const timeout = new AbortController();
    const end = () => timeout.abort();
    const timer = page.setTimeout(end, timeoutMs);
    signal.addEventListener("abort", end, { signal: timeout.signal });
    try {
      const sentAt = page.Date.now();
      const response = await page.fetch(_base + path, { ...init, signal: timeout.signal });
      // A cache adds `Age`, and keeps the `Date` of the response that it has.
      if (!parseFloat(`${response.headers.get("age")}`)) {
        clock._update(response.headers.get("date"), sentAt);
      }
      const retryAfter = response.headers.get("retry-after") ?? "";
      waitMs = Number(retryAfter) * 1000 || Date.parse(retryAfter) - page.Date.now() || 0;
      waitMs = Math.min(waitMs, MAX_WAIT_MS);
      status = response.status;
      return await response.json().catch(() => ({}));
    } finally {
      page.clearTimeout(timer);
      end(); // also removes the listener on `signal`
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
        if (isWorthRepeating(error)) next = "back off";
        // A time rejected before the offset was corrected may be accepted now: send it again.
        else if (!isCorrected || !at || !/occurred_at/.test(error)) return { data, error };
      });
    } else if (records.length > 1) next = "split";
    else if (message) batchResults = [{ error: message }];
    else next = "back off"; // not a response of the service
  } catch {
    // No network, a server error, or a captive portal.
    next = "back off";
  }
  return { _results: batchResults, _status: status, _next: next, _waitMs: waitMs };
}
