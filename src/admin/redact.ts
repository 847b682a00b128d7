/** Redacts rejected events for display: keeps their shape, shortens values, hides personal data. */

import { cut, shorten } from "../events/cut.ts";
import type { UrlFilter } from "../events/url_filter.ts";
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
const CREDENTIAL =
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*|\b(?:sk|pk|ghp|xox[abp])[-_][\w-]{8,}|\bsluice_key_\w{5,}/g;
const ADDRESS =
  /(?<!\d|\bv)\d{1,3}(?:\.\d{1,3}){3}(?!\d)|\b(?:[0-9a-f]{0,4}:){4,7}[0-9a-f]{0,4}\b/gi;
const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1?\d?\d)`;
/** IPv4 addresses in names of hosts: `ip-203-0-113-7.example`. */
const HOST_V4 = new RegExp(
  String.raw`(?<!\d|\d[-_])${OCTET}([-_])${OCTET}(?:\1${OCTET}){2}(?!\d|[-_]\d)`,
  "g",
);
/** What may be an IPv6 address in short form: `::1`, `fe80::1`, `2001:db8::`, `::ffff:192.0.2.1`. */
const SHORT_V6 = /(?<![0-9a-z])(?:[0-9a-f]{0,4}:){2,8}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4})/gi;
/**
 * Phone numbers: with `+`, `00` or `011`, with an area code in brackets, with a leading zero, or in three
 * groups as in America, or four as in Russia. Dates, UUIDs and plain numbers are none.
 */
const PHONE = new RegExp(
  [
    String.raw`(?<![\w+])[+\uff0b][1-9](?:[\s()./_\u2010-\u2015-]{0,3}\d){6,14}(?!\d)`,
    String
      .raw`(?<![\w+]|\d[:.,-])(?:00|011)[\s-]?[1-9](?:[\s()./\u2010-\u2015-]{0,3}\d){6,14}(?!\d)`,
    String.raw`(?<!\w)\(\d{2,5}\)(?:[\s./\u2010-\u2015-]{0,2}\d){5,10}(?!\w|-\d)`,
    String.raw`(?<![\w.+-])0[1-9](?:(?:\s|\s?[/\u2010-\u2015-]\s?)?\d){6,11}(?!\w|[.-]\d)`,
    String.raw`(?<![\w.+-])(?:1[\s.-])?\d{3}([\s.-])\d{3}\1\d{4}(?!\w|[.-]\d)`,
    String.raw`(?<![\w.+-])\d{3}([\s-])\d{3}\2\d{2}\2\d{2}(?!\w|[.-]\d)`,
  ].join("|"),
  "g",
);

/** A French phone number, whose pairs would else be taken for an IP address. */
const PHONE_PAIRS = /\b0[1-9](?:\.\d{2}){4}\b/g;

/** A value as indented JSON text, redacted, without secrets in URLs, and bounded in size. */
export function toExample(value: unknown, urls: UrlFilter): string {
  const text = JSON.stringify(redact("", value, { urls, depth: 0 }), null, 2) ?? "nothing";
  return shorten(text, MAX_EXAMPLE + 1);
}

interface Place {
  readonly urls: UrlFilter;
  readonly depth: number;
}

function redact(name: string, value: unknown, { urls, depth }: Place): unknown {
  if (typeof value === "string") return redactText(urls.text(name, value));
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  const within = { urls, depth: depth + 1 };
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => redact(name, item, within));
    return value.length > MAX_ITEMS ? [...items, `… ${value.length} in total`] : items;
  }
  const keys = Object.keys(value);
  const shown = keys.slice(0, MAX_KEYS).map((key) => {
    const own = (value as Record<string, unknown>)[key];
    return [
      redactText(urls.text("", key)),
      SECRET.test(key) ? HIDDEN : redact(key, own, within),
    ];
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
  const start = cut(text, maxLength * 4);
  const safe = start.replace(MAIL, HIDDEN).replace(CREDENTIAL, HIDDEN)
    .replace(SHORT_V6, hideAddress).replace(PHONE_PAIRS, HIDDEN).replace(ADDRESS, HIDDEN)
    .replace(PHONE, HIDDEN).replace(HOST_V4, HIDDEN);
  return safe.length <= maxLength && start.length === text.length
    ? safe
    : `${cut(safe, maxLength)}…`;
}
