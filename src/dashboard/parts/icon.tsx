/** Icons. They accompany text and never replace it. */

const PATHS = {
  good: "M3.5 8.5l3 3 6-7",
  bad: "M8 4v5M8 11.6v.4",
  close: "M4 4l8 8M12 4l-8 8",
  pause: "M6 4v8M10 4v8",
  play: "M5.5 3.5v9l7-4.5z",
} as const;

/** Name of an icon. */
export type IconName = keyof typeof PATHS;

/** Draws an icon in the colour of the text. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      {name === "bad" && <circle cx="8" cy="8" r="6.6" />}
      <path d={PATHS[name]} />
    </svg>
  );
}
