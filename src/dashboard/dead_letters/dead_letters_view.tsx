/** The "Dead letters" view: events that Postgres rejected, to be edited, replayed or discarded. */

import { useState } from "preact/hooks";
import { plural } from "../format.ts";
import { Choice, pickOption } from "../parts/choice.tsx";
import { FailureNotice } from "../parts/failure_notice.tsx";
import type { Changes, Location } from "../location.ts";
import { type ActionResult, discard, replay } from "./actions.ts";
import { DiscardDialog } from "./discard_dialog.tsx";
import { Editor } from "./editor.tsx";
import { ActionResults } from "./action_results.tsx";
import { DeadLetterCard } from "./dead_letter_card.tsx";
import { type DeadLetter, useDeadLetters } from "./use_dead_letters.ts";

/** Props of `DeadLettersView`. */
export interface DeadLettersProps {
  readonly location: Location;
  readonly go: (changes: Changes) => void;
  /** How many are waiting, `null` if unknown; the list reloads when it changes. */
  readonly waiting: number | null;
}

const STATES = { waiting: "Waiting", replayed: "Replayed" } as const;

/** The list with selection, bulk actions and dialogs. */
export function DeadLettersView({ location, go, waiting }: DeadLettersProps) {
  const state = pickOption(STATES, location.params.state);
  const { deadLetters, hasMore, failure, reload, showMore } = useDeadLetters(state, waiting);
  const [selectedIds, setSelectedIds] = useState<ReadonlySet<string>>(new Set());
  const [editing, setEditing] = useState<DeadLetter | null>(null);
  const [discarding, setDiscarding] = useState<readonly string[] | null>(null);
  const [results, setResults] = useState<readonly ActionResult[]>([]);
  const [isBusy, setBusy] = useState(false);
  const ids = deadLetters?.map(({ eventId }) => eventId) ?? [];
  const selected = ids.filter((id) => selectedIds.has(id));

  async function run(work: Promise<ActionResult[]>): Promise<void> {
    if (isBusy) return;
    setBusy(true);
    setResults(await work);
    setSelectedIds(new Set());
    await reload();
    setBusy(false);
  }

  function select(id: string, isSelected: boolean): void {
    setSelectedIds(
      new Set(isSelected ? [...selectedIds, id] : [...selectedIds].filter((one) => one !== id)),
    );
  }

  return (
    <>
      <p class="note">
        Postgres rejected these events because of their content. Edit and replay them: ids and
        idempotency keys do not change, so each event is stored once however often it is replayed.
      </p>
      <div class="toolbar">
        <Choice legend="State" options={STATES} value={state} onChange={(state) => go({ state })} />
        <label class="check">
          <input
            type="checkbox"
            checked={selected.length > 0 && selected.length === ids.length}
            disabled={ids.length === 0}
            onChange={({ currentTarget }) =>
              setSelectedIds(new Set(currentTarget.checked ? ids : []))}
          />
          Select all {ids.length > 0 && `(${ids.length})`}
        </label>
        <button
          type="button"
          disabled={selected.length === 0 || isBusy}
          onClick={() => run(replay(selected.map((eventId) => ({ eventId }))))}
        >
          Replay selected
        </button>
        <button
          type="button"
          class="danger"
          disabled={selected.length === 0 || isBusy}
          onClick={() => setDiscarding(selected)}
        >
          Discard selected
        </button>
      </div>
      <FailureNotice failure={failure} since={null} />
      <ActionResults results={results} onClose={() => setResults([])} />
      {deadLetters?.length === 0 && (
        <p class="empty panel">
          {state === "waiting" ? "No dead letters waiting." : "No dead letters replayed yet."}
        </p>
      )}
      <ul class="cards">
        {deadLetters?.map((deadLetter) => (
          <DeadLetterCard
            key={deadLetter.eventId}
            deadLetter={deadLetter}
            location={location}
            isSelected={selectedIds.has(deadLetter.eventId)}
            onSelect={(isSelected) => select(deadLetter.eventId, isSelected)}
            onReplay={() => run(replay([{ eventId: deadLetter.eventId }]))}
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
          onReplayed={(result) => run(Promise.resolve([result]))}
        />
      )}
      {discarding !== null && (
        <DiscardDialog
          what={plural(discarding.length, "dead letter")}
          onClose={() => setDiscarding(null)}
          onConfirm={() => {
            setDiscarding(null);
            run(discard(discarding));
          }}
        />
      )}
    </>
  );
}
