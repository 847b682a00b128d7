/** Asks for confirmation before an API key is revoked. */

import { useEffect, useRef } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import type { ApiKeyEntry } from "./entry.ts";

/** Props of `RevokeDialog`. */
export interface RevokeDialogProps {
  readonly apiKey: ApiKeyEntry;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** The safe answer, "Keep", has the focus. */
export function RevokeDialog({ apiKey: { name, hint }, onConfirm, onClose }: RevokeDialogProps) {
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => keep.current?.focus(), []);
  return (
    <Dialog title={`Revoke ${name}?`} onClose={onClose}>
      <p>
        Within seconds, whoever sends <code>{hint}</code>{" "}
        gets an error, and their events are not stored. This cannot be undone.
      </p>
      <div class="actions">
        <button type="button" class="danger" onClick={onConfirm}>Revoke key</button>
        <button type="button" ref={keep} onClick={onClose}>Keep</button>
      </div>
    </Dialog>
  );
}
