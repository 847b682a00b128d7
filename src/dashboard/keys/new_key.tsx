/** An API key that was just created, to be copied. */

import { useEffect, useRef, useState } from "preact/hooks";

/** Props of `NewKey`. */
export interface NewKeyProps {
  readonly value: string;
  readonly onClose: () => void;
}

/** Where the clipboard is not available, as on plain HTTP, the key is selected instead. */
export function NewKey({ value, onClose }: NewKeyProps) {
  const [said, setSaid] = useState("");
  const shown = useRef<HTMLPreElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(value);
      setSaid("Copied.");
    } catch {
      if (shown.current) getSelection()?.selectAllChildren(shown.current);
      setSaid("It could not be copied; it is selected now.");
    }
  }

  return (
    <>
      <p>Store it now: it cannot be shown again.</p>
      <pre ref={shown} tabIndex={0}>{value}</pre>
      <p role="status">{said}</p>
      <div class="actions">
        <button type="button" class="primary" ref={button} onClick={copy}>Copy</button>
        <button type="button" onClick={onClose}>Done</button>
      </div>
    </>
  );
}
