/** The panel that shows how far events have come. */

import { useEffect, useState, useSyncExternalStore } from "react";
import type { Analytics, Rejection } from "../client/mod.ts";
import type { DemoEvents } from "../events/demo.ts";

const POLL_MS = 1_000;

/** What the panel is given. */
export interface JourneyProps {
  readonly analytics: Analytics;
  readonly rejections: readonly Rejection[];
  readonly online: boolean;
  readonly onOnline: (online: boolean) => void;
}

/** Shows queue, buffer and rows, once a second. */
export function Journey({ analytics, rejections, online, onOnline }: JourneyProps) {
  const { queued, sending, sent, rejected } = useSyncExternalStore(
    analytics.subscribe,
    analytics.getState,
  );
  const { buffered, rows } = useEvents(analytics);
  return (
    <aside aria-label="Where your events are">
      <header>
        <h2>Your events</h2>
        <label className="switch">
          <input
            type="checkbox"
            checked={online}
            onChange={(event) => onOnline(event.currentTarget.checked)}
          />
          Network {online ? "on" : "off"}
        </label>
      </header>
      <ol className="stages">
        <Stage name="In this browser" count={queued} note={noteOf(sending, online, sent)} />
        <Stage name="In the buffer" count={buffered} note="durable, of all visitors" />
        <Stage name="In Postgres" count={rows.length} note="rows of your session" />
      </ol>
      {rejected > 0 && (
        <section aria-live="polite" className="refused">
          <h3>Refused</h3>
          {rejections.map(({ event, error }) => <p key={event.idempotencyKey}>{error}</p>)}
        </section>
      )}
      <ul className="rows" aria-label="Rows, newest first">
        {rows.map((row) => (
          <li key={row.id}>
            <b>{row.event_type}</b>
            <span>reached the service after {row.seconds.toFixed(1)} s</span>
            <small>
              {row.enriched
                ? [row.browser, row.os, row.device_type, row.country, row.channel]
                  .filter(Boolean).join(" · ")
                : "being enriched …"}
            </small>
          </li>
        ))}
      </ul>
      {rows.length === 0 && <p className="empty">The first row comes within ten seconds.</p>}
    </aside>
  );
}

function noteOf(sending: boolean, online: boolean, sent: number): string {
  if (!online) return "waiting for the network";
  return sending ? "sending …" : `${sent} acknowledged`;
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
        const response = await fetch(`/demo/events?session=${analytics.getSessionId() ?? ""}`);
        if (response.ok) setEvents(await response.json());
      } catch {
        // The next second may do better.
      }
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [analytics]);
  return events;
}
