/** An event that was turned away, as it may be shown: its shape, with values cut and nothing secret. */

const MAX_STRING = 60;
const MAX_KEYS = 20;
const MAX_ITEMS = 3;
const MAX_DEPTH = 4;
const MAX_EXAMPLE = 2_000;
const HIDDEN = "•••";

const SECRET = /pass|secret|token|auth|cookie|credential|api.?key|card|cvc|iban|ssn|mail|phone/i;
const MAIL = /[^\s@]+@[^\s@]+\.[^\s@]+/g;
/** Signed tokens, and keys as the usual services issue them. */
const CREDENTIAL = /\beyJ[\w-]+\.[\w-]+\.[\w-]*|\b(?:sk|pk|ghp|xox[abp])[-_][\w-]{8,}/g;
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{0,4}:){4,7}[0-9a-f]{0,4}\b/gi;

/** Shows a value as JSON text. */
export function exampleOf(value: unknown): string {
  const text = JSON.stringify(cut(value, 0), null, 2) ?? "nothing";
  return text.length <= MAX_EXAMPLE ? text : `${text.slice(0, MAX_EXAMPLE)}…`;
}

function cut(value: unknown, depth: number): unknown {
  if (typeof value === "string") return truncateText(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => cut(item, depth + 1));
    return value.length > MAX_ITEMS ? [...items, `… ${value.length} in all`] : items;
  }
  const keys = Object.keys(value);
  const shown = keys.slice(0, MAX_KEYS).map((key) => {
    const own = (value as Record<string, unknown>)[key];
    return [truncateText(key), SECRET.test(key) ? HIDDEN : cut(own, depth + 1)];
  });
  if (keys.length > MAX_KEYS) shown.push(["…", `${keys.length} in all`]);
  return Object.fromEntries(shown);
}

/** A text, cut and without what looks like a secret, an e-mail or an IP address. */
export function truncateText(text: string, most = MAX_STRING): string {
  // Cut first: what is thrown away need not be searched.
  const start = text.slice(0, most * 4);
  const harmless = start.replace(MAIL, HIDDEN).replace(CREDENTIAL, HIDDEN).replace(ADDRESS, HIDDEN);
  return harmless.length <= most && start.length === text.length
    ? harmless
    : `${harmless.slice(0, most)}…`;
}
