/** Formats and parses JSON for people. */

/** A parsed value, or what is wrong and where. */
export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly position: number | null };

/** Indents JSON text; other text is returned unchanged. */
export function pretty(text: string): string {
  const parsed = parse(text);
  return parsed.ok ? JSON.stringify(parsed.value, null, 2) : text;
}

/** Parses JSON; the error message names line and column. */
export function parse(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const { message } = error as SyntaxError;
    const [, found] = /at position (\d+)/.exec(message) ?? [];
    const position = found === undefined && /end of/i.test(message) ? text.length : Number(found);
    if (Number.isNaN(position)) return { ok: false, message, position: null };
    const lines = text.slice(0, position).split("\n");
    const lineAndColumn = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
    const reason = message.replace(/ in JSON.*$/s, "");
    return { ok: false, message: `${reason} (${lineAndColumn})`, position };
  }
}
