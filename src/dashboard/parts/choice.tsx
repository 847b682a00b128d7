/** A segmented control: radio buttons in a row. */

/** Props of `Choice`. */
export interface ChoiceProps<T extends string> {
  readonly legend: string;
  readonly options: Readonly<Record<T, string>>;
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** `options` maps each value to its label. */
export function Choice<T extends string>({ legend, options, value, onChange }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend class="visually-hidden">{legend}</legend>
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

/** `value` if it is one of the options, otherwise the first option. */
export function pickOption<T extends string>(
  options: Readonly<Record<T, string>>,
  value?: string,
): T {
  const names = Object.keys(options) as T[];
  return names.find((name) => name === value) ?? names[0] as T;
}
