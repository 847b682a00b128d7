/** Asks before dead letters are gone for good. */

import { useEffect, useRef } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";

/** What is asked. */
export interface DiscardProps {
  /** What would be gone, and how many. */
  readonly what: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** The focus is on the answer that changes nothing. */
export function Discard({ what, onConfirm, onClose }: DiscardProps) {
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => keep.current?.focus(), []);
  return (
    <Dialog title={`Discard ${what}?`} onClose={onClose}>
      <p>
        What is discarded is gone for good. The reconciliation go on counting it as a dead dead
        letter.
      </p>
      <div class="actions">
        <button type="button" class="danger" onClick={onConfirm}>Discard {what}</button>
        <button type="button" ref={keep} onClick={onClose}>Keep</button>
      </div>
    </Dialog>
  );
}
