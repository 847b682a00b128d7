/** Follows the tail over a live connection, and by polling when that fails. */

import type { EventFilter, TailUpdate } from "../../admin/schema/events.ts";
import { api } from "../api.ts";
import { openStream } from "./stream.ts";

/** How updates arrive. `offline`: they do not. */
export type Mode = "connecting" | "live" | "polling" | "offline";

/** Options of `follow`. */
export interface FollowOptions {
  readonly filter: EventFilter;
  readonly onUpdate: (update: TailUpdate) => void;
  readonly onMode: (mode: Mode) => void;
}

/** A connection silent for this long is considered dead. The service pings more often. */
const SILENCE_MS = 10_000;
const MAX_FAILURES = 2;
const RECONNECT_MS = 1_000;
const POLL_MS = 2_000;
/** How long to poll before the live connection is tried again. */
const RETRY_LIVE_MS = 60_000;
const PAGE_SIZE = 100;

/** Starts with the newest events, then delivers updates. @returns a function that stops it */
export function follow({ filter, onUpdate, onMode }: FollowOptions): () => void {
  let close = () => {};
  let silence = 0;
  let retry = 0;
  let polling = 0;
  let isPolling = false;
  let failures = 0;
  let newest: string | null = null;
  const stop = new AbortController();

  function receive(update: TailUpdate): void {
    if (stop.signal.aborted) return;
    const [first] = update.events;
    if (first !== undefined && (newest === null || first.eventId > newest)) newest = first.eventId;
    onUpdate(update);
  }

  function connect(): void {
    disconnect();
    silence = setTimeout(fallBack, SILENCE_MS);
    close = openStream(filter, newest, {
      onUpdate: receive,
      onAlive() {
        failures = 0;
        clearTimeout(silence);
        silence = setTimeout(fallBack, SILENCE_MS);
        stopPolling();
        onMode("live");
      },
      onBroken() {
        failures++;
        if (failures >= MAX_FAILURES) fallBack();
        else if (!isPolling) onMode("connecting");
      },
      onEnd() {
        failures++;
        if (failures >= MAX_FAILURES) fallBack();
        else retry = setTimeout(connect, RECONNECT_MS);
      },
    });
  }

  function disconnect(): void {
    clearTimeout(silence);
    clearTimeout(retry);
    close();
    close = () => {};
  }

  function fallBack(): void {
    disconnect();
    if (stop.signal.aborted) return;
    failures = MAX_FAILURES - 1; // the next failure falls back at once
    retry = setTimeout(connect, RETRY_LIVE_MS);
    if (!isPolling) {
      isPolling = true;
      poll();
    }
  }

  function stopPolling(): void {
    isPolling = false;
    clearTimeout(polling);
  }

  async function poll(): Promise<void> {
    const mode = await loadPage();
    if (!isPolling || stop.signal.aborted) return;
    onMode(mode);
    polling = setTimeout(poll, POLL_MS);
  }

  async function loadPage(): Promise<Mode> {
    try {
      const { signal } = stop;
      const { events } = await api.admin.recentEvents.query({ ...filter, limit: PAGE_SIZE }, {
        signal,
      });
      receive({ events, more: events.length === PAGE_SIZE && !events.some(isKnown(newest)) });
      return "polling";
    } catch {
      return "offline";
    }
  }

  onMode("connecting");
  loadPage();
  connect();
  return () => {
    stop.abort();
    stopPolling();
    disconnect();
  };
}

function isKnown(newest: string | null) {
  return ({ eventId }: { readonly eventId: string }) => newest === null || eventId <= newest;
}
