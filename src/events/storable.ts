/** Makes any JSON that a browser can send storable in Postgres, or explains why it is not (contract 4.6). */

/** The deepest nesting of `props`; the object itself is level 1. */
export const MAX_DEPTH = 32;

// Matches escaped backslashes to skip them: in `\\u0000` only the backslash is escaped.
const ESCAPES = /\\\\|\\u(?:0000|d[89a-f][0-9a-f]{2})/g;

/**
 * Replaces U+0000 and lone surrogates, which jsonb rejects, with U+FFFD in the output of
 * `JSON.stringify`, in keys and values. It works on the text because `JSON.stringify` escapes exactly
 * these two (surrogate pairs stay literal), so that most events cost one search.
 */
export function storableJson(json: string): string {
  if (!json.includes("\\u")) return json;
  return json.replace(ESCAPES, (match) => match === "\\\\" ? match : "\ufffd");
}

/** The text that is stored for a text that a client sends (contract 4.6). */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}

/** Why a value cannot be stored; `null` where it can. Not recursive: the sender chooses the depth. */
export function findUnstorable(root: unknown): string | null {
  let level: unknown[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === "number") {
        // JSON.parse reads 1e999 as Infinity, which JSON.stringify would silently make null.
        if (!Number.isFinite(value)) return "must not contain numbers beyond the range of a double";
      } else if (typeof value === "object" && value !== null) {
        if (depth > MAX_DEPTH) return `must not nest deeper than ${MAX_DEPTH} levels`;
        const values = Array.isArray(value) ? value : Object.values(value);
        for (const child of values) {
          if (typeof child === "object" ? child !== null : typeof child === "number") {
            next.push(child);
          }
        }
      }
    }
    level = next;
  }
  return null;
}
