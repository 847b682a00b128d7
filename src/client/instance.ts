/** An instance of the SDK: its parts, and what happens to it. */

import { type Choice, createConsent, OPTED_OUT, UNSTORED } from "./consent.ts";
import { createIdentity } from "./identity.ts";
import type { Settings } from "./options.ts";
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
import { createSender } from "./sender.ts";
import { createServerClock, OFFSET } from "./server_clock.ts";
import { createSessions } from "./session.ts";
import { createStatus } from "./status.ts";
import type { OpenStore } from "./stores.ts";
import { createTracker, type TrackContext } from "./tracker.ts";
import type { Analytics, FlushResult } from "./types.ts";
import { createUrlFilter } from "./urls.ts";

/** Creates the SDK of a page, or of what `native/device.ts` makes look like one, with its store. */
export function createOn(page: Page, settings: Settings, openStore: OpenStore): Analytics {
  const newId = createIds(page);
  const lifetime = new AbortController();
  const consent = createConsent(page, settings);
  const filter = createUrlFilter(settings.keepQueryParams);
  const sessions = createSessions(page, newId, settings, filter, consent, lifetime.signal);
  const pageWide = pageState(page, settings._base);
  let allowStorage = () => {};
  const mayStore = new Promise<void>((resolve) => allowStorage = resolve);
  const status = createStatus();
  const queue = openQueue(openStore(page, settings._base, mayStore), settings.maxQueued, status);
  const clock = createServerClock(page);
  const identity = createIdentity(page, newId, clock);
  const context: TrackContext = {
    ...settings,
    _queue: queue,
    _clock: clock,
    _identity: identity,
    _lifetime: lifetime.signal,
    _consent: consent,
    _status: status,
    _sessions: sessions,
    _newId: newId,
    _filter: filter,
    _pageWide: pageWide,
  };
  const sender = createSender(page, context);
  const enqueue = createTracker(page, context, sender, applyConsent);
  let lastChoice: Choice = "";

  async function flush(): Promise<FlushResult> {
    const records = [...queue._pending.values()];
    const count = (outcome?: string) =>
      records.filter((record) => record.outcome === outcome).length;
    // A second time if an event was queued just after the sender had found the queue empty.
    if (await sender._drain() && count()) await sender._drain();
    return { sent: count("sent"), rejected: count("rejected"), queued: count() };
  }

  function reset(): void {
    identity._user = null;
    pageWide.recent.clear();
    sessions._end();
    sender._schedule(0);
  }

  /** Applies the visitor's choice, which another tab may have changed. */
  function applyConsent(): void {
    const choice = consent._choice();
    if (!UNSTORED.test(choice)) allowStorage();
    if (choice === lastChoice) return;
    lastChoice = choice;
    const optedOut = OPTED_OUT.test(choice);
    if (optedOut) {
      reset();
      sender._cancel();
      writeItem(page, OFFSET, null);
      queue._clear();
    }
    status._update({ optedOut, awaitsConsent: choice === "?" });
    sessions._touch(); // stores it
    sender._schedule(0);
  }

  function onPageEvent({ type }: Pick<Event, "type">): void {
    applyConsent();
    const isHidden = type === "visibilitychange" && page.document?.visibilityState === "hidden";
    if (isHidden || type === "pagehide") {
      if (!consent._choice()) safely(() => sendAtExit(page, context));
    } else if (type !== "storage") sender._resume();
  }

  function start(): void {
    for (const name of ["visibilitychange", "pagehide", "pageshow", "online", "storage"]) {
      page.addEventListener(name, onPageEvent, { signal: lifetime.signal });
    }
    applyConsent();
    sender._schedule(settings.flushIntervalMs); // an earlier visit may have left events
  }

  function track(...event: Parameters<typeof enqueue>): void {
    safely(() => enqueue(...event));
  }
  (track as StatefulTrack)._state = pageWide;

  if (page.document) whenShown(page, start);
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
        identity._identify(token);
        sender._schedule(settings.flushIntervalMs);
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
    getSessionId: () => sessions._touch()?.id ?? null,
    getAttribution: () => sessions._touch()?.attribution ?? null,
    getState: () => status._state,
    subscribe: status._subscribe,
  };
}
