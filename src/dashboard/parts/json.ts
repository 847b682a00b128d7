/** JSON as people read and write it. */

/** A text that was parsed, or where it cannot be. */
export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly position: number | null };

/** JSON text with line breaks; what is none stays as it is. */
export function pretty(text: string): string {
  const parsed = parse(text);
  return parsed.ok ? JSON.stringify(parsed.value, null, 2) : text;
}

/** Parses, and says in which line the mistake is. */
export function parse(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const { message } = error as SyntaxError;
    const [, found] = /at position (\d+)/.exec(message) ?? [];
    const position = found === undefined && /end of/i.test(message) ? text.length : Number(found);
    if (Number.isNaN(position)) return { ok: false, message, position: null };
    const lines = text.slice(0, position).split("\n");
    const place = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
    const what = message.replace(/ in JSON.*$/s, "");
    return { ok: false, message: `${what} (${place})`, position };
  }
}
