/** Finds the cookies that may say who a caller is (contract 6.13). */

/** A cookie, put together from its chunks. */
export interface Cookie {
  /** Without the number of a chunk. */
  readonly name: string;
  readonly value: string;
  /** As in the header `Cookie`, chunk by chunk. */
  readonly sent: string;
}

/** Finds cookies in the header `Cookie`: first those whose prefix says that only this host can set them. */
export type FindCookies = (header: string) => readonly Cookie[];

/** Cookies of one name, as sent: whole ones, then those with each number of a chunk. */
type Parts = (string[] | undefined)[];

const NONE: readonly Cookie[] = [];
/** Browsers send two or three cookies of one name where parents of the host have set one as well. */
const MAX_COOKIES = 5;
/** Up to sixteen, of 4 KB each; no server reads longer headers. */
const CHUNK = /^(.+)\.(\d|1[0-5])$/;
const PREFIXES = ["__Host-", "__Secure-"];

/**
 * The cookie that signing in at the dashboard sets, on https with `__Host-`. It has a name of its own, so
 * that it neither replaces the site's cookie nor comes after it.
 */
export const SIGN_IN_COOKIE = "sluice_admin";

/** Creates the search for cookies by name; `*` stands for any characters. */
export function createFindCookies(patterns: readonly string[]): FindCookies {
  const parts = [...patterns, SIGN_IN_COOKIE].map((pattern) => {
    const [start = "", end = null] = pattern.split("*");
    return { start, end, longest: end !== null && end.length > start.length ? end : start };
  });

  function isNamed(name: string): boolean {
    return parts.some(({ start, end }) =>
      end === null
        ? name === start
        : name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end)
    );
  }

  function isWanted(name: string): boolean {
    return isNamed(name) ||
      PREFIXES.some((prefix) => name.startsWith(prefix) && isNamed(name.slice(prefix.length)));
  }

  return function findCookies(header) {
    // Most requests have other cookies only.
    if (!parts.some(({ longest }) => header.includes(longest))) return NONE;
    const byName = new Map<string, Parts>();
    for (const sent of header.split(";")) {
      const name = trim(sent.slice(0, Math.max(0, sent.indexOf("="))));
      if (name === "") continue;
      const chunk = name.includes(".") ? CHUNK.exec(name) : null;
      const base = chunk?.[1];
      if (base !== undefined && isWanted(base)) add(byName, base, 1 + Number(chunk?.[2]), sent);
      else if (isWanted(name)) add(byName, name, 0, sent);
    }
    const cookies = [...byName].flatMap(([name, slots]) => assemble(name, slots));
    return cookies.length < 2 ? cookies : cookies.toSorted(byPrefix).slice(0, MAX_COOKIES);
  };
}

/**
 * Without spaces and tabs (RFC 6265). `String.trim` removes more: a subdomain could set `__Host-session`
 * after a no-break space, which browsers take for another name.
 */
function trim(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Slot 0 has whole cookies, slot 1 the chunks with number 0, and so on. */
function add(byName: Map<string, Parts>, base: string, slot: number, sent: string): void {
  let slots = byName.get(base);
  if (slots === undefined) byName.set(base, slots = []);
  const pairs = slots[slot] ??= [];
  if (pairs.length < MAX_COOKIES) pairs.push(trim(sent));
}

/** The cookies of one name: those in one part, then those in chunks, up to the first that is missing. */
function assemble(name: string, slots: Parts): readonly Cookie[] {
  const cookies: Cookie[] = [];
  function collect(pairs: readonly string[]): void {
    const value = pairs.map(valueOf).join("");
    if (value === "" || cookies.some((cookie) => cookie.value === value)) return;
    cookies.push({ name, value, sent: pairs.join("; ") });
  }
  for (const pair of slots[0] ?? []) collect([pair]);
  // Where a parent of the host has set chunks as well, the first of each number belong together.
  for (let set = 0; set < (slots[1]?.length ?? 0); set++) {
    const pairs: string[] = [];
    for (let slot = 1; slots[slot]?.[set] !== undefined; slot++) {
      pairs.push(slots[slot]?.[set] ?? "");
    }
    collect(pairs);
  }
  return cookies;
}

/** Without the quotes that a value may have (RFC 6265). */
function valueOf(pair: string): string {
  const value = trim(pair.slice(pair.indexOf("=") + 1));
  return value.startsWith('"') ? /^"(.*)"$/.exec(value)?.[1] ?? value : value;
}

function byPrefix(a: Cookie, b: Cookie): number {
  return rank(a) - rank(b);
}

function rank({ name }: Cookie): number {
  const at = PREFIXES.findIndex((prefix) => name.startsWith(prefix));
  const [prefix, level] = at === -1 ? ["", PREFIXES.length] : [PREFIXES[at], at];
  return level + (name === prefix + SIGN_IN_COOKIE ? 0 : 0.5);
}
