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

/** A token that `identify` was given. */
export interface Token {
  readonly jwt: string;
  /** When it runs out, epoch seconds. */
  readonly exp: number;
}

/** What requests have in common. */
export interface Wire {
  readonly page: Page;
  /** Where the service is, without a slash at the end. */
  readonly base: string;
  readonly clock: ServerClock;
  readonly credentials: RequestCredentials | undefined;
  /** By the person they speak for, so that what is queued when somebody leaves still goes in their name. */
  readonly tokens: Map<string | null, Token>;
}

/** Statuses that say the same however often one asks. */
const FINAL = [400, 409, 412, 413];
const MAX_WAIT_MS = 3_600_000;
/** Who has not answered by then will not; meanwhile no tab sends. */
const TIMEOUT_MS = 30_000;
/** The server's time is worth waiting for so long. */
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
  const headers = token && { authorization: "Bearer " + token.jwt };
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

  /** Asks, and gives the answer's body; that of a proxy, which is not JSON, says nothing. */
  async function ask(path: string, timeoutMs: number, init?: RequestInit) {
    const limit = new AbortController();
    const end = () => limit.abort();
    const timer = page.setTimeout(end, timeoutMs);
    signal.addEventListener("abort", end, { signal: limit.signal });
    try {
      const sentAt = page.Date.now();
      const response = await page.fetch(base + path, { ...init, signal: limit.signal });
      clock.learn(response.headers.get("date"), sentAt);
      const retryAfter = response.headers.get("retry-after") ?? "";
      waitMs = Number(retryAfter) * 1000 || Date.parse(retryAfter) - page.Date.now() || 0;
      waitMs = Math.min(waitMs, MAX_WAIT_MS);
      status = response.status;
      return await response.json().catch(() => ({}));
    } finally {
      page.clearTimeout(timer);
      end(); // and lets go of `signal`
    }
  }

  try {
    // Not everybody may ask it, and who may not keeps the time as it is until the batch is answered.
    if (isNaN(clock.offset())) await ask("/livez", CLOCK_TIMEOUT_MS).catch(() => {});
    const offset = clock.offset() || 0;
    const body = JSON.stringify({ events: records.map((record) => eventOf(wire, record)) });
    const post = postOf(wire, records[0]?.by ?? null, body);
    const { results, message } = await ask("/v1/events/batch", TIMEOUT_MS, post);
    const moved = Math.abs(clock.offset() - offset) > MOVED_MS;
    if (!FINAL.includes(status)) {
      answers = records.map(({ at }, i) => {
        const { data, error } = results[i];
        if (isWorthRepeating(error)) next = "back off";
        // The other kind was refused as in the future, where it would not be now.
        else if (!moved || !at || !/occurred_at/.test(error)) return { data, error };
      });
    } else if (records.length > 1) next = "split";
    else if (message) answers = [{ error: message }];
    else next = "back off"; // nothing that the service says
  } catch {
    // No network, an error of the server, the sign-in page of a hotel: no answer.
    next = "back off";
  }
  return { answers, status, next, waitMs };
}
