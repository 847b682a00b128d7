/** Cuts texts between characters (contract 4.12). No imports: browser code shares this file. */

/** At most the first `max` UTF-16 units of a text, without half a character at the end. */
export function cut(text: string, max: number): string {
  return text.slice(0, max).replace(/[\uD800-\uDBFF]$/, "");
}

/** The text, or its beginning and an ellipsis: at most `max` units. */
export function shorten(text: string, max: number): string {
  return text.length <= max ? text : `${cut(text, max - 1)}…`;
}
