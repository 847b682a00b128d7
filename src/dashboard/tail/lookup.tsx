/** Finds one event by what an integrator has at hand. */

import { useState } from "preact/hooks";
import { isUuid } from "./filters.tsx";

/** Asks for an event's id or the idempotency key that it was sent with. */
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
        <label for="lookup">Find one event</label>
        <span class="entry">
          <input
            id="lookup"
            value={text}
            maxLength={64}
            autocomplete="off"
            spellcheck={false}
            placeholder="event id or idempotency key"
            aria-invalid={isWrong}
            aria-describedby={isWrong ? "wrong-lookup" : undefined}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
              setWrong(false);
            }}
          />
        </span>
        {isWrong && <p class="wrong" id="wrong-lookup">Not a UUID (8-4-4-4-12 digits 0–9, a–f)</p>}
      </div>
      <button type="submit">Find</button>
    </form>
  );
}
