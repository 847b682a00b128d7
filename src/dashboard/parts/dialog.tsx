/** A modal dialog: the browser's own, which keeps the focus within and gives it back. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";

/** What a dialog shows. */
export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** `sheet` stands at the side, for what is long. @default "card" */
  readonly look?: "card" | "sheet";
  readonly children: ComponentChildren;
}

/** Open as long as it is there. */
export function Dialog({ title, onClose, look = "card", children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close();
  }, []);
  useEffect(() => () => {
    // What had the focus may have left the page meanwhile.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) document.getElementById("content")?.focus();
    });
  }, []);
  return (
    <dialog
      ref={dialog}
      class={look}
      aria-labelledby="dialog-title"
      onClose={onClose}
      onClick={({ target }) => target === dialog.current && onClose()}
    >
      <div class="dialog-body">
        <header>
          <h2 id="dialog-title">{title}</h2>
          <button type="button" class="quiet square" onClick={onClose}>
            <Icon name="close" />
            <span class="unseen">Close</span>
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
