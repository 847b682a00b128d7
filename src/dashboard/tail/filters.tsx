/** Filters of the live tail. */

import { useEffect, useState } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import type { Changes } from "../location.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Props of `Filters`. */
export interface FiltersProps {
  readonly params: Readonly<Record<string, string>>;
  readonly go: (changes: Changes) => void;
}

/** Fields take effect on Enter and on blur. */
export function Filters({ params, go }: FiltersProps) {
  return (
    <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <Field name="type" label="Type" params={params} go={go} />
      <Field name="session" label="Session" params={params} go={go} uuid />
      <Field name="user" label="User" params={params} go={go} />
    </form>
  );
}

interface FieldProps extends FiltersProps {
  readonly name: string;
  readonly label: string;
  readonly uuid?: boolean;
}

function Field({ name, label, params, go, uuid = false }: FieldProps) {
  const applied = params[name] ?? "";
  const [text, setText] = useState(applied);
  useEffect(() => setText(applied), [applied]);
  const isWrong = uuid && text !== "" && !isUuid(text);
  function apply(): void {
    const trimmed = text.trim();
    if (!isWrong && trimmed !== applied) go({ [name]: trimmed === "" ? null : trimmed });
  }
  return (
    <div class="field">
      <label for={`filter-${name}`}>{label}</label>
      <span class="entry">
        <input
          id={`filter-${name}`}
          value={text}
          maxLength={255}
          autocomplete="off"
          spellcheck={false}
          placeholder="All"
          aria-invalid={isWrong}
          aria-describedby={isWrong ? `wrong-${name}` : undefined}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onChange={apply}
          onKeyDown={({ key }) => key === "Enter" && apply()}
        />
        {text !== "" && (
          <button
            type="button"
            class="quiet square"
            onClick={() => {
              setText("");
              go({ [name]: null });
            }}
          >
            <Icon name="close" />
            <span class="visually-hidden">Clear {label.toLowerCase()}</span>
          </button>
        )}
      </span>
      {isWrong && (
        <p class="field-error" id={`wrong-${name}`}>Not a UUID (8-4-4-4-12 hexadecimal digits)</p>
      )}
    </div>
  );
}
