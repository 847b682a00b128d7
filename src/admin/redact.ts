/** Redacts rejected events for display: keeps their shape, shortens values, hides personal data. */

import { parseAddress } from "../ip_address.ts";

const MAX_STRING = 60;
const MAX_KEYS = 20;
const MAX_ITEMS = 3;
const MAX_DEPTH = 4;
const MAX_EXAMPLE = 2_000;
const HIDDEN = "•••";

const SECRET =
  /pass|secret|token|auth|cookie|credential|api.?key|card|cvc|iban|ssn|mail|phone|mobile|whatsapp|^tel$|^fax$/i;
const MAIL = /[^\s@]+@[^\s@]+\.[^\s@]+/g;
/** JWTs, and API keys with the prefixes of common services. */
const CREDENTIAL = /\beyJ[\w-]+\.[\w-]+\.[\w-]*|\b(?:sk|pk|ghp|xox[abp])[-_][\w-]{8,}/g;
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{0,4}:){4,7}[0-9a-f]{0,4}\b/gi;
/** What may be an IPv6 address in short form: `::1`, `fe80::1`, `2001:db8::`, `::ffff:192.0.2.1`. */
const SHORT_V6 = /(?<![0-9a-z])(?:[0-9a-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4})/gi;
/**
 * Phone numbers: with `+` or `00`, with an area code in brackets, with a leading zero, or in three groups
 * as in America. Dates, UUIDs and plain numbers are none.
 */
const PHONE = new RegExp(
  [
    String.raw`(?<![\w+])(?:\+|00)[1-9](?:[\s()./\u2010-\u2015-]{0,2}\d){6,14}(?!\d)`,
    String.raw`(?<!\w)\(\d{2,5}\)(?:[\s./\u2010-\u2015-]{0,2}\d){5,10}(?!\w|-\d)`,
    String.raw`(?<![\w.+-])0[1-9](?:[\s/\u2010-\u2015-]?\d){6,11}(?!\w|[.-]\d)`,
    String.raw`(?<![\w.+-])(?:1[\s.-])?\d{3}([\s.-])\d{3}\1\d{4}(?!\w|[.-]\d)`,
  ].join("|"),
  "g",
);

/** A French phone number, whose pairs would else be taken for an IP address. */
const PHONE_PAIRS = /\b0[1-9](?:\.\d{2}){4}\b/g;

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

/** Hides what is an address. A time of day looks like one, but is none. */
function hideAddress(text: string): string {
  if (!/[0-9a-f]/i.test(text)) return text;
  if (parseAddress(text) !== null) return HIDDEN;
  // The colon may end the clause: `from fe80::1: timeout`.
  return text.endsWith(":") && parseAddress(text.slice(0, -1)) !== null ? `${HIDDEN}:` : text;
}

/** Shortens a text and hides what looks like a secret, an email, a phone number or an IP address. */
export function redactText(text: string, maxLength = MAX_STRING): string {
  // Shorten first, with a margin: the rest need not be searched.
  const start = text.slice(0, maxLength * 4);
  const safe = start.replace(MAIL, HIDDEN).replace(CREDENTIAL, HIDDEN)
    .replace(SHORT_V6, hideAddress).replace(PHONE_PAIRS, HIDDEN).replace(ADDRESS, HIDDEN)
    .replace(PHONE, HIDDEN);
  return safe.length <= maxLength && start.length === text.length
    ? safe
    : `${safe.slice(0, maxLength)}…`;
}
