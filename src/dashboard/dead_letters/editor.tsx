/** Edits a dead letter's event and replays it. */

import { useRef, useState } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { parse, pretty } from "../parts/json.ts";
import { type Outcome, replay } from "./actions.ts";
import type { DeadLetter } from "./use_dead_letters.ts";

/** What the editor is given. */
export interface EditorProps {
  readonly deadLetter: DeadLetter;
  readonly onClose: () => void;
  /** Told once it is in the buffer again. */
  readonly onReplayed: (outcome: Outcome) => void;
}

/** A text to edit; it stays open until it was taken. */
export function Editor({ deadLetter, onClose, onReplayed }: EditorProps) {
  const [text, setText] = useState(() => pretty(deadLetter.payload));
  const [complaint, setComplaint] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);

  function complain(message: string, position: number | null): void {
    setComplaint(message);
    field.current?.focus();
    if (position !== null) field.current?.setSelectionRange(position, position + 1);
  }

  async function save(): Promise<void> {
    if (isBusy) return;
    const parsed = parse(text);
    if (!parsed.ok) return complain(parsed.message, parsed.position);
    const wrong = wrongWith(parsed.value, deadLetter);
    if (wrong !== null) return complain(wrong, null);
    setBusy(true);
    const [outcome] = await replay([{ eventId: deadLetter.eventId, payload: text }]);
    setBusy(false);
    if (outcome === undefined) return;
    if (!outcome.good) return complain(outcome.message, null);
    onClose();
    onReplayed(outcome);
  }

  return (
    <Dialog title="Edit and replay" look="sheet" onClose={onClose}>
      <p class="told">{deadLetter.reason}</p>
      <label for="payload">The event's columns as JSON; its id stays as it is</label>
      <textarea
        id="payload"
        ref={field}
        spellcheck={false}
        rows={18}
        value={text}
        aria-invalid={complaint !== null}
        aria-describedby="complaint"
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          setComplaint(null);
        }}
      />
      <p class="wrong" id="complaint" role="alert">{complaint}</p>
      <div class="actions">
        <button type="button" class="main" aria-disabled={isBusy} onClick={save}>
          {isBusy ? "Replaying…" : "Save and replay"}
        </button>
        <button type="button" onClick={onClose}>Cancel</button>
      </div>
    </Dialog>
  );
}

function wrongWith(value: unknown, { eventId }: DeadLetter): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return "It must be one object: {…}";
  }
  const id = "id" in value ? value.id : undefined;
  return String(id).toLowerCase() === eventId.toLowerCase() ? null : `id must stay "${eventId}"`;
}
