/** Redacts rejected events for display: keeps their shape, shortens values, hides personal data. */

const MAX_STRING = 60;
const MAX_KEYS = 20;
const MAX_ITEMS = 3;
const MAX_DEPTH = 4;
const MAX_EXAMPLE = 2_000;
const HIDDEN = "•••";

const SECRET = /pass|secret|token|auth|cookie|credential|api.?key|card|cvc|iban|ssn|mail|phone/i;
const MAIL = /[^\s@]+@[^\s@]+\.[^\s@]+/g;
/** JWTs, and API keys with the prefixes of common services. */
const CREDENTIAL = /\beyJ[\w-]+\.[\w-]+\.[\w-]*|\b(?:sk|pk|ghp|xox[abp])[-_][\w-]{8,}/g;
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{0,4}:){4,7}[0-9a-f]{0,4}\b/gi;

/** A value as indented JSON text, redacted and bounded in size. */
export function toExample(value: unknown): string {
  const text = JSON.stringify(redact(value, 0), null, 2) ?? "nothing";
  return text.length <= MAX_EXAMPLE ? text : `${text.slice(0, MAX_EXAMPLE)}…`;
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1));
    return value.length > MAX_ITEMS ? [...items, `… ${value.length} in total`] : items;
  }
  const keys = Object.keys(value);
  const shown = keys.slice(0, MAX_KEYS).map((key) => {
    const own = (value as Record<string, unknown>)[key];
    return [redactText(key), SECRET.test(key) ? HIDDEN : redact(own, depth + 1)];
  });
  if (keys.length > MAX_KEYS) shown.push(["…", `${keys.length} in total`]);
  return Object.fromEntries(shown);
}

/** Shortens a text and hides what looks like a secret, an email address or an IP address. */
export function redactText(text: string, maxLength = MAX_STRING): string {
  // Shorten first, with a margin: the rest need not be searched.
  const start = text.slice(0, maxLength * 4);
  const safe = start.replace(MAIL, HIDDEN).replace(CREDENTIAL, HIDDEN).replace(ADDRESS, HIDDEN);
  return safe.length <= maxLength && start.length === text.length
    ? safe
    : `${safe.slice(0, maxLength)}…`;
}
