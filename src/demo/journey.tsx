/** The panel that follows events from this browser to their rows. */

import { useEffect, useState, useSyncExternalStore } from "react";
import type { Analytics, Rejection } from "../client/mod.ts";
import type { DemoEvents } from "../events/demo.ts";
import { SERVICE } from "./service.ts";

const POLL_MS = 1_000;

/** Props of `Journey`. */
export interface JourneyProps {
  readonly analytics: Analytics;
  readonly rejections: readonly Rejection[];
  readonly online: boolean;
  readonly onOnlineChange: (online: boolean) => void;
}

/** Shows the queue, the buffer and the session's rows, updated once a second. */
export function Journey({ analytics, rejections, online, onOnlineChange }: JourneyProps) {
  const { queued, sending, sent, rejected } = useSyncExternalStore(
    analytics.subscribe,
    analytics.getState,
  );
  const { buffered, rows } = useEvents(analytics);
  return (
    <aside aria-label="Your events">
      <header>
        <h2>Your events</h2>
        <label className="switch">
          <input
            type="checkbox"
            checked={online}
            onChange={(event) => onOnlineChange(event.currentTarget.checked)}
          />
          Network {online ? "on" : "off"}
        </label>
      </header>
      <ol className="stages">
        <Stage
          name="In this browser"
          count={queued}
          note={describeSending(sending, online, sent)}
        />
        <Stage name="In the buffer" count={buffered} note="durable; all visitors" />
        <Stage name="In Postgres" count={rows.length} note="rows of this session" />
      </ol>
      {rejected > 0 && (
        <section aria-live="polite" className="rejected">
          <h3>Rejected</h3>
          {rejections.map(({ event, error }) => <p key={event.idempotencyKey}>{error}</p>)}
        </section>
      )}
      <ul className="rows" aria-label="Rows, newest first">
        {rows.map((row) => (
          <li key={row.id}>
            <b>{row.event_type}</b>
            <span>received after {row.seconds.toFixed(1)} s</span>
            <small>
              {row.enriched
                ? [row.browser, row.os, row.device_type, row.country, row.channel]
                  .filter(Boolean).join(" · ")
                : "not enriched yet"}
            </small>
          </li>
        ))}
      </ul>
      {rows.length === 0 && <p className="empty">The first row appears within ten seconds.</p>}
    </aside>
  );
}

function describeSending(sending: boolean, online: boolean, sent: number): string {
  if (!online) return "waiting for network";
  return sending ? "sending…" : `${sent} confirmed`;
}

function Stage({ name, count, note }: {
  readonly name: string;
  readonly count: number;
  readonly note: string;
}) {
  return (
    <li>
      <span>{name}</span>
      <strong>{count}</strong>
      <small>{note}</small>
    </li>
  );
}

function useEvents(analytics: Analytics): DemoEvents {
  const [events, setEvents] = useState<DemoEvents>({ buffered: 0, rows: [] });
  useEffect(() => {
    const timer = setInterval(async () => {
      if (document.visibilityState === "hidden") return;
      try {
        const response = await fetch(
          `${SERVICE}/demo/events?session=${analytics.getSessionId() ?? ""}`,
        );
        if (response.ok) setEvents(await response.json());
      } catch {
        // Try again in a second.
      }
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [analytics]);
  return events;
}
