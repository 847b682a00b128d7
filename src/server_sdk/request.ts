/** One request: sends a batch and reads a result for each of its events. */

import type { Clock } from "../clock.ts";
import { isWorthRepeating } from "../events/send_again.ts";
import { reasonOf } from "./errors.ts";
import { type QueueRecord, toWire } from "./record.ts";
import type { ServiceClock } from "./service_clock.ts";

/** The result of one event: acknowledged, rejected for good, or to be sent again. */
export type EventResult = "sent" | "again" | { readonly error: string };

/** How to go on after a batch. */
export type Next =
  /** With the next one. */
  | "continue"
  /** With a smaller batch: the service rejected this one as a whole. */
  | "split"
  /** After a while. */
  | "retry"
  /** After a while with a smaller batch: something between here and the service may reject an event. */
  | "isolate"
  /** Not at all: the key is not accepted. */
  | "stop";

/** The outcome of a request. */
export interface BatchOutcome {
  readonly next: Next;
  /** One for each event. */
  readonly results: readonly EventResult[];
  /** HTTP status; 0 without a response. */
  readonly status: number;
  /** Why it did not succeed. */
  readonly message: string;
  /** From `Retry-After`, in milliseconds; 0 if there is none. */
  readonly waitMs: number;
}

/** What requests need. */
export interface RequestContext {
  readonly endpoint: string;
  readonly apiKey: string | null;
  readonly fetch: typeof fetch;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly serviceClock: ServiceClock;
}

/** The service rejects the request for what it contains. */
const FINAL = [400, 409, 412, 413, 415];
const TIMEOUT_MS = 30_000;
const MAX_WAIT_MS = 3_600_000;

/** Sends a batch, unless `lifetime` is aborted. Never rejects. */
export async function sendBatch(
  context: RequestContext,
  records: readonly QueueRecord[],
  lifetime: AbortSignal,
): Promise<BatchOutcome> {
  const { endpoint, apiKey, clock, serviceClock } = context;
  const events = records.map((record) => toWire(record, serviceClock.offsetMs));
  const sentAt = clock.now();
  const attempt = new AbortController();
  const onClose = () => attempt.abort(lifetime.reason);
  lifetime.addEventListener("abort", onClose);
  const cancel = clock.after(TIMEOUT_MS, () => {
    attempt.abort(new Error(`no response within ${TIMEOUT_MS / 1_000} s`));
  });
  try {
    const response = await context.fetch(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: `{"events":[${events.join(",")}]}`,
      // Followed, a redirect to another origin would lose the key, and most others the body.
      redirect: "manual",
      signal: attempt.signal,
    });
    const isClockNew = serviceClock.update(response.headers.get("date"), sentAt, clock.now());
    const body = await response.json().catch(() => null);
    const waitMs = readRetryAfter(response.headers.get("retry-after"), clock.now());
    return { ...interpret(response.status, body, records, isClockNew), waitMs };
  } catch (error) {
    return {
      ...all(records, "again"),
      next: "retry",
      status: 0,
      message: reasonOf(error),
      waitMs: 0,
    };
  } finally {
    cancel();
    lifetime.removeEventListener("abort", onClose);
  }
}

/** Reads a response; `body` is `null` if it is not JSON, and so not the service's. */
function interpret(
  status: number,
  body: { results?: unknown; code?: unknown; message?: unknown } | null,
  records: readonly QueueRecord[],
  isClockNew: boolean,
): Omit<BatchOutcome, "waitMs"> {
  const results = body?.results;
  if (status === 200 && Array.isArray(results) && results.length === records.length) {
    const read = results.map((result, i) => readResult(result, records[i]?.at ?? null, isClockNew));
    const error: unknown = results.find((_, i) => read[i] === "again")?.error;
    const next = error === undefined ? "continue" : "retry";
    return { next, results: read, status, message: typeof error === "string" ? error : "" };
  }
  // Gateways answer with a message, too, but not with the service's codes.
  const isService = typeof body?.code === "string" && /^[A-Z_]+$/.test(body.code);
  const answer = isService && typeof body?.message === "string" ? body.message : null;
  const message = answer === null
    ? `HTTP ${status} that is not from the service; is the URL right?`
    : `HTTP ${status}: ${answer}`;
  const isRejected = FINAL.includes(status) && answer !== null;
  if (isRejected && records.length === 1) {
    return { ...all(records, { error: answer }), next: "continue", status, message };
  }
  return { ...all(records, "again"), next: nextFor(status, answer !== null), status, message };
}

function nextFor(status: number, isService: boolean): Next {
  if (isService && (status === 401 || status === 403)) return "stop";
  if (isService && FINAL.includes(status)) return "split";
  const isOverload = [408, 425, 429].includes(status) || status > 500;
  return isOverload || status < 400 ? "retry" : "isolate";
}

function readResult(result: unknown, at: number | null, isClockNew: boolean): EventResult {
  const { status, error } = (result ?? {}) as { status?: unknown; error?: unknown };
  if (status === "fulfilled") return "sent";
  if (typeof error !== "string" || isWorthRepeating(error)) return "again";
  // A time rejected before the clocks were compared is accepted when it is sent again, corrected.
  return isClockNew && at !== null && /occurred_at/.test(error) ? "again" : { error };
}

function all(records: readonly QueueRecord[], result: EventResult) {
  return { results: records.map(() => result) };
}

/** Milliseconds, from seconds or an HTTP date. */
function readRetryAfter(value: string | null, now: number): number {
  if (value === null) return 0;
  const ms = /^\s*\d+\s*$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), MAX_WAIT_MS);
}
