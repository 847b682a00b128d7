/** Dead letters: events that Postgres refused, and that wait for a person. */

import { useState } from "preact/hooks";
import { many } from "../format.ts";
import { Choice, chosen } from "../parts/choice.tsx";
import { Trouble } from "../parts/trouble.tsx";
import type { Changes, Place } from "../place.ts";
import { discard, type Fate, replay } from "./actions.ts";
import { Discard } from "./discard.tsx";
import { Editor } from "./editor.tsx";
import { Fates } from "./fates.tsx";
import { LetterCard } from "./letter_card.tsx";
import { type Letter, useLetters } from "./use_letters.ts";

/** What the view is given. */
export interface LettersProps {
  readonly place: Place;
  readonly go: (changes: Changes) => void;
  /** How many wait, as far as is known; the list follows. */
  readonly waiting: number | null;
}

const STATES = { waiting: "Waiting", replayed: "Replayed" } as const;

/** Lists, and does what is asked. */
export function LettersView({ place, go, waiting }: LettersProps) {
  const state = chosen(STATES, place.params.state);
  const { letters, hasMore, failure, reload, showMore } = useLetters(state, waiting);
  const [chosenIds, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [editing, setEditing] = useState<Letter | null>(null);
  const [discarding, setDiscarding] = useState<readonly string[] | null>(null);
  const [fates, setFates] = useState<readonly Fate[]>([]);
  const [isBusy, setBusy] = useState(false);
  const ids = letters?.map(({ eventId }) => eventId) ?? [];
  const picked = ids.filter((id) => chosenIds.has(id));

  async function done(work: Promise<Fate[]>): Promise<void> {
    if (isBusy) return;
    setBusy(true);
    setFates(await work);
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
      <Fates fates={fates} onClose={() => setFates([])} />
      {letters?.length === 0 && (
        <p class="empty panel">
          {state === "waiting" ? "No letter waits: Postgres took every event." : "None yet."}
        </p>
      )}
      <ul class="cards">
        {letters?.map((letter) => (
          <LetterCard
            key={letter.eventId}
            letter={letter}
            place={place}
            isChosen={chosenIds.has(letter.eventId)}
            onChoose={(isChosen) => choose(letter.eventId, isChosen)}
            onReplay={() => done(replay([{ eventId: letter.eventId }]))}
            onEdit={() => setEditing(letter)}
            onDiscard={() => setDiscarding([letter.eventId])}
          />
        ))}
      </ul>
      {hasMore && <button type="button" onClick={showMore}>Show more</button>}
      {editing !== null && (
        <Editor
          letter={editing}
          onClose={() => setEditing(null)}
          onReplayed={(fate) => done(Promise.resolve([fate]))}
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
