/** One request of the SDK: a batch out, an answer for each of its events back. */

import { isWorthRepeating } from "../events/send_again.ts";
import type { Page } from "./page.ts";
import type { QueueRecord } from "./record.ts";
import type { ServerClock } from "./server_clock.ts";
import type { QueuedEvent } from "./types.ts";

/** What the service said of one event: stored where there is data, or why not. */
export interface Answer {
  readonly data?: unknown;
  readonly error?: string;
}

/** What came of a batch. */
export interface BatchAnswer {
  /** One for each event; nothing for one that has to be sent again. */
  readonly answers: readonly (Answer | undefined)[];
  readonly status: number;
  /** How to go on: at once, at once with smaller batches, or after a while. */
  readonly next: "go on" | "split" | "back off";
  /** Milliseconds before which nothing shall be sent. */
  readonly waitMs: number;
}

/** What requests have in common. */
export interface Wire {
  readonly page: Page;
  /** Where the service is, without a slash at the end. */
  readonly base: string;
  readonly clock: ServerClock;
  readonly credentials: RequestCredentials | undefined;
  /** Tokens by the person they speak for. */
  readonly tokens: ReadonlyMap<string | null, string>;
}

/** Statuses that say the same however often one asks. */
const FINAL = [400, 409, 412, 413];
const MAX_WAIT_MS = 3_600_000;
/** Who has not answered by then will not. */
const TIMEOUT_MS = 30_000;
/** The service's time is worth waiting for so long. */
const CLOCK_TIMEOUT_MS = 5_000;
/** What the service tolerates in any case. */
const MOVED_MS = 1_000;

/** The event as it leaves, its time corrected. */
export function eventOf({ page, clock }: Wire, { event, at }: QueueRecord): QueuedEvent {
  if (at === null) return event;
  // Clamped: the clock may have been set back since.
  const time = Math.min(at, page.Date.now()) - (clock.offset() || 0);
  return { ...event, props: { ...event.props, occurred_at: new Date(time).toISOString() } };
}

/**
 * How events of one person are sent. Without a token it is a request that a page may make anywhere
 * without asking first (no CORS preflight): the body counts as plain text.
 */
export function postOf({ credentials, tokens }: Wire, by: string | null, body: string) {
  const token = tokens.get(by);
  const headers = token && { authorization: "Bearer " + token };
  return { method: "POST", body, credentials, headers } as RequestInit;
}

/** Sends events of one person as a batch. Never throws. */
export async function sendBatch(
  wire: Wire,
  records: readonly QueueRecord[],
  signal: AbortSignal,
): Promise<BatchAnswer> {
  const { page, base, clock } = wire;
  let answers: BatchAnswer["answers"] = [];
  let status = 0;
  let next: BatchAnswer["next"] = "go on";
  let waitMs = 0;

  const limit = new AbortController();
  const end = () => limit.abort();
  const timer = page.setTimeout(end, TIMEOUT_MS);
  signal.addEventListener("abort", end, { signal: limit.signal });

  async function ask(path: string, init?: RequestInit): Promise<Response> {
    const sentAt = page.Date.now();
    const response = await page.fetch(base + path, { ...init, signal: limit.signal });
    clock.learn(response.headers.get("date"), sentAt);
    return response;
  }

  try {
    // Not everybody routes it to the public, or lets other origins read it: then the time stays as it is.
    if (isNaN(clock.offset())) {
      const late = new Promise<void>((resolve) => page.setTimeout(resolve, CLOCK_TIMEOUT_MS));
      await Promise.race([ask("/livez"), late]).catch(() => {});
    }
    const offset = clock.offset() || 0;
    const body = JSON.stringify({ events: records.map((record) => eventOf(wire, record)) });
    const response = await ask("/v1/events/batch", postOf(wire, records[0]?.by ?? null, body));
    const retryAfter = response.headers.get("retry-after") ?? "";
    waitMs = Number(retryAfter) * 1000 || Date.parse(retryAfter) - page.Date.now() || 0;
    waitMs = Math.min(waitMs, MAX_WAIT_MS);
    const moved = Math.abs(clock.offset() - offset) > MOVED_MS;
    status = response.status;
    const final = FINAL.includes(status);
    // A proxy refuses with a page of its own, and a batch all the same.
    const { results, message } = await response.json().catch(() => ({}));
    if (!final) {
      answers = records.map(({ at }, i) => {
        const { data, error } = results[i];
        if (isWorthRepeating(error)) next = "back off";
        // The other kind was refused as in the future, where it would not be now.
        else if (!moved || !at || !/occurred_at/.test(error)) return { data, error };
      });
    } else if (records.length > 1) next = "split";
    else if (message) answers = [{ error: message }];
    else next = "back off";
  } catch {
    // No network, an error of the server, the sign-in page of a hotel: no answer.
    next = "back off";
  }
  page.clearTimeout(timer);
  end(); // lets go of `signal`
  return { answers, status, next, waitMs };
}
