/** One dead letter in the list. */

import { duration, when } from "../format.ts";
import { type Location, toHref } from "../location.ts";
import { pretty } from "../parts/json.ts";
import type { DeadLetter } from "./use_dead_letters.ts";

/** Props of `DeadLetterCard`. */
export interface DeadLetterCardProps {
  readonly deadLetter: DeadLetter;
  readonly location: Location;
  readonly isSelected: boolean;
  readonly onSelect: (isSelected: boolean) => void;
  readonly onReplay: () => void;
  readonly onEdit: () => void;
  readonly onDiscard: () => void;
}

/** Reason, event, time and actions. */
export function DeadLetterCard(props: DeadLetterCardProps) {
  const { deadLetter, location, isSelected, onSelect, onReplay, onEdit, onDiscard } = props;
  const { eventId, eventType, step, reason, sqlstate, payload, deadAt, replayedAt } = deadLetter;
  const name = eventType || "Event without a type";
  return (
    <li class={`panel dead-letter ${isSelected ? "selected" : ""}`}>
      <div class="card-head">
        <label class="check">
          <input
            type="checkbox"
            checked={isSelected}
            onChange={({ currentTarget }) => onSelect(currentTarget.checked)}
          />
          <span class="visually-hidden">Select {name} {eventId}</span>
        </label>
        <h2>{name}</h2>
        {sqlstate !== null && <span class="tag" title="SQLSTATE">{sqlstate}</span>}
        <p class="note">
          Rejected{" "}
          {deadAt === null ? "at an unknown time" : <time datetime={deadAt}>{when(deadAt)}</time>}
          {replayedAt !== null && deadAt !== null &&
            `, replayed ${duration(Date.parse(replayedAt) - Date.parse(deadAt))} later`}
        </p>
      </div>
      <p class="reason">{reason}</p>
      {step === "enrichment" && (
        <p class="note">The event is stored; only its enrichment was rejected.</p>
      )}
      <p class="ids">
        <a href={toHref(location, { event: eventId })}>
          <code>{eventId}</code>
          <span class="visually-hidden">, receipt</span>
        </a>
      </p>
      <details>
        <summary>Event as rejected</summary>
        <pre tabIndex={0}>{pretty(payload)}</pre>
      </details>
      <div class="actions">
        <button type="button" onClick={onReplay}>Replay</button>
        {step === "flush" && <button type="button" onClick={onEdit}>Edit…</button>}
        <button type="button" class="danger" onClick={onDiscard}>Discard…</button>
      </div>
    </li>
  );
}
