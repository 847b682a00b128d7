/** Dead letters: events that Postgres refused, and that wait for a person. */

import { useState } from "preact/hooks";
import { many } from "../format.ts";
import { Choice, chosen } from "../parts/choice.tsx";
import { Trouble } from "../parts/trouble.tsx";
import type { Changes, Location } from "../location.ts";
import { discard, type Outcome, replay } from "./actions.ts";
import { Discard } from "./discard.tsx";
import { Editor } from "./editor.tsx";
import { Outcomes } from "./outcomes.tsx";
import { DeadLetterCard } from "./dead_letter_card.tsx";
import { type DeadLetter, useDeadLetters } from "./use_dead_letters.ts";

/** What the view is given. */
export interface DeadLettersProps {
  readonly location: Location;
  readonly go: (changes: Changes) => void;
  /** How many wait, as far as is known; the list follows. */
  readonly waiting: number | null;
}

const STATES = { waiting: "Waiting", replayed: "Replayed" } as const;

/** Lists, and does what is asked. */
export function DeadLettersView({ location, go, waiting }: DeadLettersProps) {
  const state = chosen(STATES, location.params.state);
  const { deadLetters, hasMore, failure, reload, showMore } = useDeadLetters(state, waiting);
  const [chosenIds, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [editing, setEditing] = useState<DeadLetter | null>(null);
  const [discarding, setDiscarding] = useState<readonly string[] | null>(null);
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const [isBusy, setBusy] = useState(false);
  const ids = deadLetters?.map(({ eventId }) => eventId) ?? [];
  const picked = ids.filter((id) => chosenIds.has(id));

  async function done(work: Promise<Outcome[]>): Promise<void> {
    if (isBusy) return;
    setBusy(true);
    setOutcomes(await work);
    setChosen(new Set());
    await reload();
    setBusy(false);
  }

  function choose(id: string, isChosen: boolean): void {
    setChosen(new Set(isChosen ? [...chosenIds, id] : [...chosenIds].filter((one) => one !== id)));
  }

  return (
    <>
      <p class="note">
        Postgres refused these events for what is in them. Edit and replay them: their ids and
        idempotency keys stay, and so each is stored once, however often it is replayed.
      </p>
      <div class="toolbar">
        <Choice legend="State" options={STATES} value={state} onChange={(state) => go({ state })} />
        <label class="check">
          <input
            type="checkbox"
            checked={picked.length > 0 && picked.length === ids.length}
            disabled={ids.length === 0}
            onChange={({ currentTarget }) => setChosen(new Set(currentTarget.checked ? ids : []))}
          />
          Select all {ids.length > 0 && `(${ids.length})`}
        </label>
        <button
          type="button"
          disabled={picked.length === 0 || isBusy}
          onClick={() => done(replay(picked.map((eventId) => ({ eventId }))))}
        >
          Replay selected
        </button>
        <button
          type="button"
          class="danger"
          disabled={picked.length === 0 || isBusy}
          onClick={() => setDiscarding(picked)}
        >
          Discard selected
        </button>
      </div>
      <Trouble failure={failure} since={null} />
      <Outcomes outcomes={outcomes} onClose={() => setOutcomes([])} />
      {deadLetters?.length === 0 && (
        <p class="empty panel">
          {state === "waiting" ? "No dead letter waits: Postgres took every event." : "None yet."}
        </p>
      )}
      <ul class="cards">
        {deadLetters?.map((deadLetter) => (
          <DeadLetterCard
            key={deadLetter.eventId}
            deadLetter={deadLetter}
            location={location}
            isChosen={chosenIds.has(deadLetter.eventId)}
            onChoose={(isChosen) => choose(deadLetter.eventId, isChosen)}
            onReplay={() => done(replay([{ eventId: deadLetter.eventId }]))}
            onEdit={() => setEditing(deadLetter)}
            onDiscard={() => setDiscarding([deadLetter.eventId])}
          />
        ))}
      </ul>
      {hasMore && <button type="button" onClick={showMore}>Show more</button>}
      {editing !== null && (
        <Editor
          deadLetter={editing}
          onClose={() => setEditing(null)}
          onReplayed={(outcome) => done(Promise.resolve([outcome]))}
        />
      )}
      {discarding !== null && (
        <Discard
          what={many(discarding.length, "dead letter")}
          onClose={() => setDiscarding(null)}
          onConfirm={() => {
            setDiscarding(null);
            done(discard(discarding));
          }}
        />
      )}
    </>
  );
}
