/** One of a few: radio buttons that look like a row of keys. */

/** What there is to choose from. */
export interface ChoiceProps<T extends string> {
  readonly legend: string;
  readonly options: Readonly<Record<T, string>>;
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** A group of radio buttons. */
export function Choice<T extends string>({ legend, options, value, onChange }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend class="unseen">{legend}</legend>
      {Object.keys(options).map((key) => (
        <label key={key}>
          <input
            type="radio"
            name={legend}
            checked={key === value}
            onChange={() => onChange(key as T)}
          />
          <span>{options[key as T]}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** One of these, or else the first. */
export function chosen<T extends string>(options: Readonly<Record<T, string>>, value?: string): T {
  const names = Object.keys(options) as T[];
  return names.find((name) => name === value) ?? names[0] as T;
}
