/** A modal `<dialog>`: the browser traps the focus and restores it on close. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";

/** Props of `Dialog`. */
export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** `sheet` fills the right edge of the window, for long content. @default "card" */
  readonly variant?: "card" | "sheet";
  readonly children: ComponentChildren;
}

/** Open while mounted. */
export function Dialog({ title, onClose, variant = "card", children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => current?.close();
  }, []);
  useEffect(() => () => {
    // The element that had the focus may be gone from the page.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) document.getElementById("content")?.focus();
    });
  }, []);
  return (
    <dialog
      ref={dialog}
      class={variant}
      aria-labelledby="dialog-title"
      onClose={onClose}
      onClick={({ target }) => target === dialog.current && onClose()}
    >
      <div class="dialog-body">
        <header>
          <h2 id="dialog-title">{title}</h2>
          <button type="button" class="quiet square" onClick={onClose}>
            <Icon name="close" />
            <span class="visually-hidden">Close</span>
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
