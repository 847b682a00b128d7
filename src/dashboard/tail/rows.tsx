/** The tail's table. A row that is there already is left alone. */

import { Component } from "preact";
import { useState } from "preact/hooks";
import type { ListedEvent } from "../../admin/schema.ts";
import { clock, exactClock, shortId, ZONE } from "../format.ts";
import { hrefOf, type Location } from "../location.ts";

/** What a table shows. */
export interface RowsProps {
  readonly events: readonly ListedEvent[];
  readonly location: Location;
}

const ROW_PX = 32;
const SPARE = 10;

/**
 * Newest first. Nobody sees more than fill the window until they scroll, and rows that nobody sees
 * would cost as much as the others.
 */
export function Rows({ events, location }: RowsProps) {
  const [isScrolled, setScrolled] = useState(false);
  const at = hrefOf(location);
  const shown = isScrolled ? events.length : Math.ceil(innerHeight / ROW_PX) + SPARE;
  return (
    <div
      class="scroll panel tail"
      onScroll={({ currentTarget }) => setScrolled(currentTarget.scrollTop > 0)}
    >
      <table>
        <caption class="unseen">Events, the newest first; times in {ZONE}</caption>
        <thead>
          <tr>
            <th scope="col">Received</th>
            <th scope="col">Type</th>
            <th scope="col" class="roomy">Source</th>
            <th scope="col" class="roomy">Entity</th>
            <th scope="col">Session</th>
            <th scope="col" class="roomy">User</th>
          </tr>
        </thead>
        <tbody>
          {events.slice(0, shown).map((event) => (
            <Row key={event.eventId} event={event} location={location} at={at} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly event: ListedEvent;
  readonly location: Location;
  /** The location as a link: where it is the same, so is the row. */
  readonly at: string;
}

class Row extends Component<RowProps> {
  override shouldComponentUpdate({ event, at }: RowProps): boolean {
    return event.eventId !== this.props.event.eventId || at !== this.props.at;
  }

  override render({ event, location }: RowProps) {
    const { sessionId, userId, entityType, entityId } = event;
    return (
      <tr>
        <td class="time">
          {clock(Date.parse(event.receivedAt))}
          <span class="roomy">{exactClock(event.receivedAt).slice(-4)}</span>
        </td>
        <td>
          <a href={hrefOf(location, { event: event.eventId })}>{event.eventType}</a>
          {!event.knownEventType && (
            <span class="tag" title="This type is not in the catalogue">unknown type</span>
          )}
        </td>
        <td class="roomy">{event.source}</td>
        <td class="roomy">
          {entityType}
          {entityId !== null && <code title={entityId}>{shortId(entityId)}</code>}
        </td>
        <td>{sessionId !== null && <By location={location} name="session" value={sessionId} />}</td>
        <td class="roomy">
          {userId !== null && <By location={location} name="user" value={userId} />}
        </td>
      </tr>
    );
  }
}

function By(
  { location, name, value }: {
    readonly location: Location;
    readonly name: "session" | "user";
    readonly value: string;
  },
) {
  return (
    <a class="by" href={hrefOf(location, { [name]: value })} title={`Only ${name} ${value}`}>
      <code>{shortId(value)}</code>
    </a>
  );
}
