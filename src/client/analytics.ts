/** From the call to `track` to the queue. */

import { type Choice, createConsent, UNSTORED } from "./consent.ts";
import { checkOptions, type Settings } from "./options.ts";
import {
  createIds,
  type Page,
  pageState,
  safely,
  type StatefulTrack,
  whenShown,
  writeItem,
} from "./page.ts";
import { sendAtExit } from "./page_exit.ts";
import { openQueue } from "./queue.ts";
import type { QueueRecord, RecordOutcome } from "./record.ts";
import type { SendContext } from "./request.ts";
import { createSender } from "./sender.ts";
import { createServerClock, OFFSET } from "./server_clock.ts";
import { createSessions, type Session } from "./session.ts";
import { openPageStore, type OpenStore } from "./stores.ts";
import { readClaims } from "./token.ts";
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
import { createUrlFilter } from "./urls.ts";

/** An identical event within this time counts as a double click. */
const DOUBLE_CLICK_MS = 1_000;
/** Recent calls kept to detect double clicks. */
const MAX_RECENT = 100;
/** How long an event waits for a valid token of its user before it is sent as anonymous. */
const MAX_TOKEN_WAIT_MS = 86_400_000;
/** Event types that are dropped first when the queue is full. */
const LOW_VALUE = /scroll|engagement|filter/;
const NO_DOCUMENT = "Sluice: no document, use @sluice/client/native or @sluice/server";

/**
 * Creates the SDK of a page. Where there is no document, as on a server, it does nothing, and `track` says
 * so once.
 *
 * @param page replaces the browser in tests
 * @throws {TypeError} for an invalid option; nothing throws afterwards
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
  return createOn(settings, page, openPageStore);
}

/** Creates the SDK of a page, or of what `native/device.ts` makes look like one, with its store. */
export function createOn(settings: Settings, page: Page, openStore: OpenStore): Analytics {
  const { document } = page;
  const { _base, source, flushIntervalMs } = settings;
  const newId = createIds(page);
  const consent = createConsent(page, settings);
  const filter = createUrlFilter(settings.keepQueryParams);
  const sessions = createSessions(
    page,
    newId,
    settings.sessionTimeoutMs,
    filter,
    consent._choice,
  );
  const tokens: SendContext["_tokens"] = new Map();
  const pageWide = pageState(page, _base);
  const { recent } = pageWide;
  const listeners = new Set<() => void>();
  const lifetime = new AbortController();
  let owner: string | null = null;
  let hasFailed = false;
  let lastChoice: Choice = "";
  let state: AnalyticsState = {
    queued: 0,
    sending: false,
    sent: 0,
    rejected: 0,
    dropped: 0,
    optedOut: false,
  };
  let allowStorage = () => {};

  const mayStore = new Promise<void>((resolve) => allowStorage = resolve);
  const queue = openQueue(openStore(page, _base, mayStore), settings.maxQueued, count);
  const clock = createServerClock(page);
  const context: SendContext = {
    ...settings,
    _page: page,
    _queue: queue,
    _clock: clock,
    _tokens: tokens,
    _lifetime: lifetime.signal,
    _isBlocked: isBlocked,
    _choice: consent._choice,
    _onRejected: report,
    _onSending: (sending) => update({ sending }),
  };
  const sender = createSender(context);

  function isBlocked({ id, by }: QueueRecord): unknown {
    const now = page.Date.now();
    const trackedAt = parseInt(id.replace("-", ""), 16); // a UUIDv7 begins with its time
    return consent._choice() ||
      by && !hasValidToken(by, now) && now - trackedAt < MAX_TOKEN_WAIT_MS;
  }

  /** Whether there is a token for this user that has not expired by the server's clock. */
  function hasValidToken(by: string, now: number): boolean {
    const token = tokens.get(by);
    // While the server's time is unknown, the comparison with NaN is false: the token counts as valid.
    return !!token && !(token._exp * 1000 <= now - clock._offset());
  }

  function count(outcome: RecordOutcome): void {
    update({ [outcome]: state[outcome] + 1 });
  }

  function update(part: Partial<AnalyticsState>): void {
    state = { ...state, ...part, queued: queue._pending.size };
    listeners.forEach(safely);
  }

  function report(rejection: Rejection): void {
    safely(() => settings.onRejected?.(rejection));
  }

  function session(): Session | null {
    return lifetime.signal.aborted || document?.prerendering || consent._isAnonymous() ||
        /\d/.test(consent._choice())
      ? null
      : sessions._touch();
  }

  /**
   * Queues an event when the page is shown, unless tracking is off. Returns the first event's record for a
   * double click.
   */
  function enqueue(eventType: string, props?: Props, options: TrackOptions = {}) {
    const { occurredAt, lowValue, idempotencyKey, ...rest } = options;
    const original = { ...rest, source: rest.source ?? source, eventType, props } as QueuedEvent;
    const json = safely(() => JSON.stringify([original, occurredAt])); // as the page may change its props
    return whenShown(page, (): QueueRecord | void => {
      // Said for an event only: on a server, rendering alone creates the SDK, too.
      // deno-lint-ignore no-console -- to the author, who would wait for events in vain
      if (!document) pageWide.told ??= console.warn(NO_DOCUMENT) ?? true;
      if (lifetime.signal.aborted) return;
      applyConsent();
      if (state.optedOut) return;
      const now = page.Date.now();
      if (!json) return report({ event: original, status: 400, error: "Not JSON" });
      const [calledAt, duplicate] = recent.get(json) ?? [0];
      if (duplicate && !idempotencyKey && Math.abs(now - calledAt) < DOUBLE_CLICK_MS) {
        return duplicate;
      }

      const id = newId();
      const current = session();
      const event = prepare({
        ...JSON.parse(json, filter)[0],
        ...(current && { sessionId: current.id, attribution: current.attribution }),
        idempotencyKey: idempotencyKey ?? id,
      });
      if (!event) return count("dropped");
      const time = +new Date(event.props?.occurred_at ?? occurredAt ?? now);
      const at = (time < 1e11 ? time * 1e3 : time) || null; // small numbers are seconds (contract 4.3)
      const low = lowValue ?? LOW_VALUE.test(eventType);
      const record = { id, event, at, by: current && owner, low };
      if (recent.size > MAX_RECENT) recent.clear();
      recent.set(json, [now, record]);
      queue._add(record);
      update({});
      sender._schedule(queue._pending.size < settings.batchSize ? flushIntervalMs : 0);
      return record;
    });
  }

  /** What `beforeSend` makes of an event; without a result that is an event it is dropped. */
  function prepare(event: QueuedEvent): QueuedEvent | void {
    const { beforeSend } = settings;
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
  }

  async function flush(): Promise<FlushResult> {
    const records = [...queue._pending.values()];
    const count = (outcome?: string) =>
      records.filter((record) => record.outcome === outcome).length;
    // A second time if an event was queued just after the sender had found the queue empty.
    if (await sender._drain() && count()) await sender._drain();
    return { sent: count("sent"), rejected: count("rejected"), queued: count() };
  }

  function reset(): void {
    owner = null;
    recent.clear();
    sessions._end();
    sender._schedule(0);
  }

  /** Applies the visitor's choice, which another tab may have changed. */
  function applyConsent(): void {
    const choice = consent._choice();
    if (!UNSTORED.test(choice)) allowStorage();
    if (choice === lastChoice) return;
    lastChoice = choice;
    const awaitsConsent = choice === "?";
    const optedOut = !!choice && !awaitsConsent;
    if (optedOut) {
      reset();
      sender._cancel();
      writeItem(page, OFFSET, null);
      queue._clear();
    }
    update({ optedOut, awaitsConsent });
    session(); // stores it
    sender._schedule(0);
  }

  function onPageEvent({ type }: Pick<Event, "type">): void {
    applyConsent();
    const isHidden = document?.visibilityState === "hidden";
    if (type === "pagehide" || type === "visibilitychange" && isHidden) {
      safely(() => sendAtExit(context));
    } else if (type !== "storage") sender._resume();
  }

  function start(): void {
    for (const name of ["visibilitychange", "pagehide", "pageshow", "online", "storage"]) {
      page.addEventListener(name, onPageEvent, { signal: lifetime.signal });
    }
    applyConsent();
    sender._schedule(flushIntervalMs); // an earlier visit may have left events
  }

  function track(...event: Parameters<typeof enqueue>): void {
    safely(() => enqueue(...event));
  }
  (track as StatefulTrack)._state = pageWide;

  if (document) whenShown(page, start);
  else lifetime.abort();

  return {
    track,
    async trackNow(...event) {
      const record = await safely(() => enqueue(...event));
      if (record) await flush();
      return { tracked: record?.outcome === "sent", queued: !!record && !record.outcome };
    },
    flush: () => whenShown(page, flush),
    identify: (token) =>
      whenShown(page, () => {
        owner = null;
        if (!/^[!-~]+$/.test(token ?? "")) return; // not valid in a header
        const { sub, exp } = safely(() => readClaims(page, token)) ?? {};
        owner = sub ?? newId();
        tokens.set(owner, { _jwt: token, _exp: exp ?? Infinity });
        sender._schedule(flushIntervalMs);
      }),
    reset: () => whenShown(page, reset),
    shutdown: () =>
      whenShown(page, async () => {
        const result = await flush();
        sender._cancel();
        lifetime.abort();
        return result;
      }),
    optOut() {
      consent._set(true);
      applyConsent();
    },
    optIn() {
      consent._set(false);
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
