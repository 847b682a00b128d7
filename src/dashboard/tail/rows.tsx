/** The table of the live tail. Existing rows are not rendered again. */

import { Component } from "preact";
import { useState } from "preact/hooks";
import type { ListedEvent } from "../../admin/schema/events.ts";
import { clock, exactClock, NONE, shortId, TIME_ZONE } from "../format.ts";
import { type Location, toHref } from "../location.ts";

/** Props of `Rows`. */
export interface RowsProps {
  readonly events: readonly ListedEvent[];
  readonly location: Location;
}

const ROW_PX = 32;
const SPARE_ROWS = 10;

/** Newest first. Until the user scrolls, only the rows that fit the window are rendered. */
export function Rows({ events, location }: RowsProps) {
  const [isScrolled, setScrolled] = useState(false);
  const href = toHref(location);
  const visible = isScrolled ? events.length : Math.ceil(innerHeight / ROW_PX) + SPARE_ROWS;
  return (
    <div
      class="scroll panel tail"
      onScroll={({ currentTarget }) => setScrolled(currentTarget.scrollTop > 0)}
    >
      <table>
        <caption class="visually-hidden">Events, newest first; times in {TIME_ZONE}</caption>
        <thead>
          <tr>
            <th scope="col">Received</th>
            <th scope="col">Type</th>
            <th scope="col" class="wide-only">Source</th>
            <th scope="col" class="wide-only">Entity</th>
            <th scope="col">Session</th>
            <th scope="col" class="wide-only">User</th>
          </tr>
        </thead>
        <tbody>
          {events.slice(0, visible).map((event) => (
            <Row key={event.eventId} event={event} location={location} href={href} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly event: ListedEvent;
  readonly location: Location;
  /** `location` as a string, to compare it cheaply. */
  readonly href: string;
}

class Row extends Component<RowProps> {
  override shouldComponentUpdate({ event, href }: RowProps): boolean {
    return event.eventId !== this.props.event.eventId || href !== this.props.href;
  }

  override render({ event, location }: RowProps) {
    const { sessionId, userId, entityType, entityId } = event;
    return (
      <tr>
        <td class="time">
          <Time iso={event.receivedAt} />
        </td>
        <td>
          <a href={toHref(location, { event: event.eventId })}>
            {event.eventType || "Event without a type"}
          </a>{" "}
          {!event.knownEventType && (
            <span class="tag" title="Not in the event catalogue">unknown type</span>
          )}
        </td>
        <td class="wide-only">{event.source}</td>
        <td class="wide-only">
          {entityType}
          {entityId !== null && <code title={entityId}>{shortId(entityId)}</code>}
        </td>
        <td>
          {sessionId !== null && (
            <FilterLink
              location={location}
              name="session"
              value={sessionId}
            />
          )}
        </td>
        <td class="wide-only">
          {userId !== null && <FilterLink location={location} name="user" value={userId} />}
        </td>
      </tr>
    );
  }
}

function Time({ iso }: { readonly iso: string | null }) {
  if (iso === null) return <span title="Not a time">{NONE}</span>;
  return (
    <>
      {clock(Date.parse(iso))}
      <span class="wide-only">{exactClock(iso).slice(-4)}</span>
    </>
  );
}

function FilterLink(
  { location, name, value }: {
    readonly location: Location;
    readonly name: "session" | "user";
    readonly value: string;
  },
) {
  return (
    <a
      class="filter-link"
      href={toHref(location, { [name]: value })}
      title={`Show only ${name} ${value}`}
    >
      <code>{shortId(value)}</code>
    </a>
  );
}
