/** Looks up one event. */

import { useState } from "preact/hooks";
import { isUuid } from "./filters.tsx";

/** A search field for an event id or an idempotency key. */
export function Lookup({ onFind }: { readonly onFind: (id: string) => void }) {
  const [text, setText] = useState("");
  const [isWrong, setWrong] = useState(false);
  return (
    <form
      class="filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const id = text.trim();
        setWrong(!isUuid(id));
        if (isUuid(id)) onFind(id);
      }}
    >
      <div class="field wide">
        <label for="lookup">Find an event</label>
        <span class="entry">
          <input
            id="lookup"
            value={text}
            maxLength={64}
            autocomplete="off"
            spellcheck={false}
            placeholder="Event ID or idempotency key"
            aria-invalid={isWrong}
            aria-describedby={isWrong ? "wrong-lookup" : undefined}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
              setWrong(false);
            }}
          />
        </span>
        {isWrong && (
          <p class="field-error" id="wrong-lookup">Not a UUID (8-4-4-4-12 hexadecimal digits)</p>
        )}
      </div>
      <button type="submit">Find</button>
    </form>
  );
}
