/** Makes any JSON a browser can send storable in Postgres, or says why it cannot be (contract 4.6). */

/** How deep the value of `props` may nest; the object itself is level 1. */
export const MAX_DEPTH = 32;

// An escaped backslash is matched so that it is skipped: in `\\u0000` nothing is escaped but the backslash.
const ESCAPES = /\\\\|\\u(?:0000|d[89a-f][0-9a-f]{2})/g;

/**
 * Replaces U+0000 and lone surrogates, which jsonb refuses, by U+FFFD in the output of
 * `JSON.stringify`, in keys as well as in values. Works on the text, as `JSON.stringify` escapes
 * exactly these two (pairs of surrogates stay literal) and so most events cost one search.
 */
export function storableJson(json: string): string {
  if (!json.includes("\\u")) return json;
  return json.replace(ESCAPES, (match) => match === "\\\\" ? match : "\ufffd");
}

/** Why a value cannot be stored, or `null` where it can. Walks without recursion: depth is the sender's. */
export function findUnstorable(root: unknown): string | null {
  let level: unknown[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === "number") {
        // JSON.parse reads 1e999 as Infinity, which JSON.stringify would silently make null.
        if (!Number.isFinite(value)) return "must not hold numbers beyond the range of a double";
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
