/** Edits a dead letter's event and replays it. */

import { useRef, useState } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { parse, pretty } from "../parts/json.ts";
import { type Fate, replay } from "./actions.ts";
import type { Letter } from "./use_letters.ts";

/** What the editor is given. */
export interface EditorProps {
  readonly letter: Letter;
  readonly onClose: () => void;
  /** Told once it is in the buffer again. */
  readonly onReplayed: (fate: Fate) => void;
}

/** A text to edit; it stays open until it was taken. */
export function Editor({ letter, onClose, onReplayed }: EditorProps) {
  const [text, setText] = useState(() => pretty(letter.payload));
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
    const wrong = wrongWith(parsed.value, letter);
    if (wrong !== null) return complain(wrong, null);
    setBusy(true);
    const [fate] = await replay([{ eventId: letter.eventId, payload: text }]);
    setBusy(false);
    if (fate === undefined) return;
    if (!fate.good) return complain(fate.message, null);
    onClose();
    onReplayed(fate);
  }

  return (
    <Dialog title="Edit and replay" look="sheet" onClose={onClose}>
      <p class="told">{letter.reason}</p>
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

function wrongWith(value: unknown, { eventId }: Letter): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return "It must be one object: {…}";
  }
  const id = "id" in value ? value.id : undefined;
  return String(id).toLowerCase() === eventId.toLowerCase() ? null : `id must stay "${eventId}"`;
}
