/** Follows the tail by the live connection, and by asking again and again where that is cut off. */

import type { EventFilter, TailUpdate } from "../../admin/schema.ts";
import { api } from "../api.ts";
import { openStream } from "./stream.ts";

/** How news come. `away`: they do not. */
export type Mode = "connecting" | "live" | "polling" | "away";

/** What to follow, and whom to tell. */
export interface FollowOptions {
  readonly filter: EventFilter;
  readonly onUpdate: (update: TailUpdate) => void;
  readonly onMode: (mode: Mode) => void;
}

/** Without a sign of life for so long, a connection is given up. The service pings more often. */
const SILENCE_MS = 10_000;
const MAX_FAILURES = 2;
const AGAIN_MS = 1_000;
const POLL_MS = 2_000;
/** How long asking goes on before the live connection is tried again. */
const POLLING_MS = 60_000;
const PAGE = 100;

/** Begins with what is there. @returns what ends it */
export function follow({ filter, onUpdate, onMode }: FollowOptions): () => void {
  let close = () => {};
  let silence = 0;
  let retry = 0;
  let polling = 0;
  let isPolling = false;
  let failures = 0;
  let newest: string | null = null;
  const stop = new AbortController();

  function take(update: TailUpdate): void {
    if (stop.signal.aborted) return;
    const [first] = update.events;
    if (first !== undefined && (newest === null || first.eventId > newest)) newest = first.eventId;
    onUpdate(update);
  }

  function connect(): void {
    disconnect();
    silence = setTimeout(cutOff, SILENCE_MS);
    close = openStream(filter, newest, {
      onUpdate: take,
      onAlive() {
        failures = 0;
        clearTimeout(silence);
        silence = setTimeout(cutOff, SILENCE_MS);
        stopPolling();
        onMode("live");
      },
      onBroken() {
        failures++;
        if (failures >= MAX_FAILURES) cutOff();
        else if (!isPolling) onMode("connecting");
      },
      onEnd() {
        failures++;
        if (failures >= MAX_FAILURES) cutOff();
        else retry = setTimeout(connect, AGAIN_MS);
      },
    });
  }

  function disconnect(): void {
    clearTimeout(silence);
    clearTimeout(retry);
    close();
    close = () => {};
  }

  function cutOff(): void {
    disconnect();
    if (stop.signal.aborted) return;
    failures = MAX_FAILURES - 1; // from now on, one is enough
    retry = setTimeout(connect, POLLING_MS);
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
    const mode = await ask();
    if (!isPolling || stop.signal.aborted) return;
    onMode(mode);
    polling = setTimeout(poll, POLL_MS);
  }

  async function ask(): Promise<Mode> {
    try {
      const { signal } = stop;
      const { events } = await api.admin.recentEvents.query({ ...filter, limit: PAGE }, { signal });
      take({ events, more: events.length === PAGE && !events.some(isKnown(newest)) });
      return "polling";
    } catch {
      return "away";
    }
  }

  onMode("connecting");
  ask();
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
