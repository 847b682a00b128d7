/** Dialog that edits the event of a dead letter and replays it. */

import { useRef, useState } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { parse, pretty } from "../parts/json.ts";
import { type ActionResult, replay } from "./actions.ts";
import type { DeadLetter } from "./use_dead_letters.ts";

/** Props of `Editor`. */
export interface EditorProps {
  readonly deadLetter: DeadLetter;
  readonly onClose: () => void;
  /** Called once the event is back in the buffer. */
  readonly onReplayed: (result: ActionResult) => void;
}

/** Stays open, with the text, until the service accepts the edit. */
export function Editor({ deadLetter, onClose, onReplayed }: EditorProps) {
  const [text, setText] = useState(() => pretty(deadLetter.payload));
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);

  function fail(message: string, position: number | null): void {
    setError(message);
    field.current?.focus();
    if (position !== null) field.current?.setSelectionRange(position, position + 1);
  }

  async function save(): Promise<void> {
    if (isBusy) return;
    const parsed = parse(text);
    if (!parsed.ok) return fail(parsed.message, parsed.position);
    const invalid = validate(parsed.value, deadLetter);
    if (invalid !== null) return fail(invalid, null);
    setBusy(true);
    const [result] = await replay([{ eventId: deadLetter.eventId, payload: text }]);
    setBusy(false);
    if (result === undefined) return;
    if (!result.good) return fail(result.message, null);
    onClose();
    onReplayed(result);
  }

  return (
    <Dialog title="Edit and replay" variant="sheet" onClose={onClose}>
      <p class="reason">{deadLetter.reason}</p>
      <label for="payload">Event columns as JSON; the id must not change</label>
      <textarea
        id="payload"
        ref={field}
        spellcheck={false}
        rows={18}
        value={text}
        aria-invalid={error !== null}
        aria-describedby="payload-error"
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          setError(null);
        }}
      />
      <p class="field-error" id="payload-error" role="alert">{error}</p>
      <div class="actions">
        <button type="button" class="primary" aria-disabled={isBusy} onClick={save}>
          {isBusy ? "Replaying…" : "Save and replay"}
        </button>
        <button type="button" onClick={onClose}>Cancel</button>
      </div>
    </Dialog>
  );
}

function validate(value: unknown, { eventId }: DeadLetter): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return "The event must be a JSON object: {…}";
  }
  const id = "id" in value ? value.id : undefined;
  return String(id).toLowerCase() === eventId.toLowerCase()
    ? null
    : `id must not change: expected "${eventId}"`;
}
