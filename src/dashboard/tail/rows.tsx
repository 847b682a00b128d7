/** The tail's table. A row that is there already is left alone. */

import { Component } from "preact";
import { useState } from "preact/hooks";
import type { ListedEvent } from "../../admin/schema.ts";
import { clock, exactClock, shortId, ZONE } from "../format.ts";
import { hrefOf, type Place } from "../place.ts";

/** What a table shows. */
export interface RowsProps {
  readonly events: readonly ListedEvent[];
  readonly place: Place;
}

const ROW_PX = 32;
const SPARE = 10;

/**
 * Newest first. Nobody sees more than fill the window until they scroll, and rows that nobody sees
 * would cost as much as the others.
 */
export function Rows({ events, place }: RowsProps) {
  const [isScrolled, setScrolled] = useState(false);
  const at = hrefOf(place);
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
            <Row key={event.eventId} event={event} place={place} at={at} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly event: ListedEvent;
  readonly place: Place;
  /** The place as a link: where it is the same, so is the row. */
  readonly at: string;
}

class Row extends Component<RowProps> {
  override shouldComponentUpdate({ event, at }: RowProps): boolean {
    return event.eventId !== this.props.event.eventId || at !== this.props.at;
  }

  override render({ event, place }: RowProps) {
    const { sessionId, userId, entityType, entityId } = event;
    return (
      <tr>
        <td class="time">
          {clock(Date.parse(event.receivedAt))}
          <span class="roomy">{exactClock(event.receivedAt).slice(-4)}</span>
        </td>
        <td>
          <a href={hrefOf(place, { event: event.eventId })}>{event.eventType}</a>
          {!event.knownEventType && (
            <span class="tag" title="This type is not in the catalogue">unknown type</span>
          )}
        </td>
        <td class="roomy">{event.source}</td>
        <td class="roomy">
          {entityType}
          {entityId !== null && <code title={entityId}>{shortId(entityId)}</code>}
        </td>
        <td>{sessionId !== null && <By place={place} name="session" value={sessionId} />}</td>
        <td class="roomy">{userId !== null && <By place={place} name="user" value={userId} />}</td>
      </tr>
    );
  }
}

function By(
  { place, name, value }: {
    readonly place: Place;
    readonly name: "session" | "user";
    readonly value: string;
  },
) {
  return (
    <a class="by" href={hrefOf(place, { [name]: value })} title={`Only ${name} ${value}`}>
      <code>{shortId(value)}</code>
    </a>
  );
}
