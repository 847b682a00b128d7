/** Asks for confirmation before dead letters are deleted. */

import { useEffect, useRef } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";

/** Props of `DiscardDialog`. */
export interface DiscardDialogProps {
  /** What will be deleted, such as `2 dead letters`. */
  readonly what: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** The safe answer, "Keep", has the focus. */
export function DiscardDialog({ what, onConfirm, onClose }: DiscardDialogProps) {
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => keep.current?.focus(), []);
  return (
    <Dialog title={`Discard ${what}?`} onClose={onClose}>
      <p>
        This cannot be undone. Reconciliation still counts discarded events as dead letters.
      </p>
      <div class="actions">
        <button type="button" class="danger" onClick={onConfirm}>Discard {what}</button>
        <button type="button" ref={keep} onClick={onClose}>Keep</button>
      </div>
    </Dialog>
  );
}
