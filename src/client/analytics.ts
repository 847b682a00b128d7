/** The SDK's entrance: from the call to the queue. */

import { createConsent } from "./consent.ts";
import { checkOptions } from "./options.ts";
import { createIds, type Page, remember, safely } from "./page.ts";
import { sendAtExit } from "./page_exit.ts";
import { openQueue } from "./queue.ts";
import type { QueueRecord } from "./record.ts";
import type { Wire } from "./request.ts";
import { createSender } from "./sender.ts";
import { createServerClock, OFFSET } from "./server_clock.ts";
import { createSessions, type Session } from "./session.ts";
import type {
  Analytics,
  AnalyticsOptions,
  AnalyticsState,
  FlushResult,
  Props,
  QueuedEvent,
  Rejection,
  TrackOptions,
} from "./types.ts";

/** The same event within this time is a double click. */
const DOUBLE_CLICK_MS = 1_000;
/** Calls that are remembered to tell double clicks. */
const MAX_RECENT = 100;
/** Events of somebody whose token is missing or has run out wait this long, then go as nobody's. */
const HELD_MS = 86_400_000;
/** Events that say little alone: they leave first when the queue is full. */
const LOW_VALUE = /scroll|engagement|filter/;

/**
 * Creates the SDK of a page. Without a document, as on a server, it does nothing.
 *
 * @throws {TypeError} for an option that it cannot take; nothing throws afterwards
 *
 * @example
 * ```ts
 * const analytics = createAnalytics({ url: "https://events.example.com" });
 * analytics.track("license_signed", { license_id: "lic_1" });
 * ```
 */
export function createAnalytics(
  options: AnalyticsOptions,
  page: Page = globalThis as unknown as Page,
): Analytics {
  const settings = checkOptions(options, page.location?.href ?? "http://localhost");
  const { document } = page;
  const { base, source, flushIntervalMs } = settings;
  const newId = createIds(page);
  const consent = createConsent(page, settings.honorGpc);
  const sessions = createSessions(page, newId, settings.sessionTimeoutMs);
  const tokens: Wire["tokens"] = new Map();
  const recent = new Map<string, readonly [calledAt: number, record: QueueRecord]>();
  const listeners = new Set<() => void>();
  const life = new AbortController();
  let owner: string | null = null;
  let state: AnalyticsState = {
    queued: 0,
    sending: false,
    sent: 0,
    rejected: 0,
    dropped: 0,
    optedOut: false,
  };

  const wire: Wire = {
    page,
    base,
    credentials: settings.credentials,
    tokens,
    clock: createServerClock(page),
  };
  const queue = openQueue(page, base, settings.maxQueued, (fate) => {
    change({ [fate]: state[fate] + 1 });
  });
  const sender = createSender({
    page,
    queue,
    wire,
    life: life.signal,
    isHeld,
    onRejected: report,
    onSending: (sending) => change({ sending }),
  });

  function isHeld({ id, by }: QueueRecord): unknown {
    const now = page.Date.now();
    const trackedAt = parseInt(id.replace("-", ""), 16); // a UUID begins with its time
    return consent.optedOut() || by && !speaksFor(by, now) && now - trackedAt < HELD_MS;
  }

  /** Whether there is a token of theirs, and it has not run out by the server's clock. */
  function speaksFor(by: string, now: number): boolean {
    const token = tokens.get(by);
    // Before the server's time is known, this machine's tells nothing, and the token counts as good.
    return !!token && !(token.exp * 1000 <= now - wire.clock.offset());
  }

  function change(part: Partial<AnalyticsState>): void {
    state = { ...state, ...part, queued: queue.mine.size };
    listeners.forEach(safely);
  }

  function report(rejection: Rejection): void {
    safely(() => settings.onRejected?.(rejection));
  }

  function session(): Session | null {
    return life.signal.aborted || consent.anonymous() || consent.optedOut()
      ? null
      : sessions.touch();
  }

  /** Queues an event, unless it may not be tracked. A double click gets the first one's record. */
  function put(eventType: string, props?: Props, options: TrackOptions = {}): QueueRecord | void {
    if (life.signal.aborted) return;
    applyConsent();
    if (state.optedOut) return;
    const { occurredAt, lowValue, idempotencyKey, ...about } = options;
    const now = page.Date.now();
    const given = { ...about, source: about.source ?? source, eventType, props } as QueuedEvent;
    const name = safely(() => JSON.stringify([given, occurredAt]));
    if (!name) return report({ event: given, status: 400, error: "Not JSON" });
    const [calledAt, twin] = recent.get(name) ?? [0];
    if (twin && !idempotencyKey && Math.abs(now - calledAt) < DOUBLE_CLICK_MS) return twin;

    const [event]: [QueuedEvent] = JSON.parse(name); // a copy: the page may change its props
    const id = newId();
    event.idempotencyKey = idempotencyKey ?? id;
    const current = session();
    if (current) {
      event.sessionId = current.id;
      event.attribution = current.attribution;
    }
    const at = +new Date(event.props?.occurred_at ?? occurredAt ?? now) || null;
    const low = lowValue ?? LOW_VALUE.test(eventType);
    const record = { id, event, at, by: current && owner, low };
    if (recent.size > MAX_RECENT) recent.clear();
    recent.set(name, [now, record]);
    queue.add(record);
    change({});
    sender.wake(queue.mine.size < settings.batchSize ? flushIntervalMs : 0);
    return record;
  }

  async function flush(): Promise<FlushResult> {
    const records = [...queue.mine.values()];
    const count = (fate?: string) => records.filter((record) => record.fate === fate).length;
    // Again, if one came in just as the queue had been found empty.
    if (await sender.drain() && count()) await sender.drain();
    return { sent: count("sent"), rejected: count("rejected"), queued: count() };
  }

  function reset(): void {
    owner = null;
    recent.clear();
    sessions.end();
    sender.wake(0);
  }

  /** Does what the visitor wants by now, here or in another tab. */
  function applyConsent(): void {
    const optedOut = consent.optedOut();
    if (optedOut === state.optedOut) return;
    if (optedOut) {
      reset();
      sender.cancel();
      remember(page, OFFSET, null);
      queue.settle([...queue.mine.values()], "dropped"); // at once: the page may go next
      queue.read().then((found) =>
        queue.settle(found.filter(({ id }) => !queue.mine.has(id)), "dropped")
      );
    }
    change({ optedOut });
  }

  function onTurn({ type }: Event): void {
    applyConsent();
    const isHidden = document?.visibilityState === "hidden";
    if (type === "pagehide" || type === "visibilitychange" && isHidden) {
      safely(() => sendAtExit(queue, wire, isHeld));
    } else if (type !== "storage") sender.resume();
  }

  if (document) {
    for (const name of ["visibilitychange", "pagehide", "pageshow", "online", "storage"]) {
      page.addEventListener(name, onTurn, { signal: life.signal });
    }
    applyConsent();
    sender.wake(flushIntervalMs); // an earlier visit may have left something
  } else life.abort();

  return {
    track(...event) {
      safely(() => put(...event));
    },
    async trackNow(...event) {
      const record = safely(() => put(...event));
      if (record) await flush();
      return { tracked: record?.fate === "sent", queued: !!record && !record.fate };
    },
    flush,
    identify(token) {
      owner = null;
      if (!/^[!-~]+$/.test(token ?? "")) return; // no header can carry it
      const { sub, exp } = safely(() => claimsOf(token)) ?? {};
      owner = sub ?? newId();
      tokens.set(owner, { jwt: token, exp: exp ?? Infinity });
      sender.wake(flushIntervalMs);
    },
    reset,
    async shutdown() {
      const result = await flush();
      sender.cancel();
      life.abort();
      return result;
    },
    optOut() {
      consent.set(true);
      applyConsent();
    },
    optIn() {
      consent.set(false);
      applyConsent();
    },
    getSessionId: () => session()?.id ?? null,
    getAttribution: () => session()?.attribution ?? null,
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The claims of a JWT, to keep people's events apart; the service alone verifies them. */
function claimsOf(token: string): { sub?: string; exp?: number } {
  const [, claims = ""] = token.split(".");
  return JSON.parse(atob(claims.replace(/-/g, "+").replace(/_/g, "/")));
}
