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

/** One `name=value`, as sent. */
interface Pair {
  readonly name: string;
  readonly sent: string;
}

const NONE: readonly Cookie[] = [];
/** Browsers send two or three cookies of one name where parents of the host have set one as well. */
const MAX_COOKIES = 5;
/** Of 4 KB each; no server reads longer headers. */
const MAX_CHUNKS = 16;
const CHUNK = /^(.+)\.(\d|1[0-5])$/;
const PREFIXES = ["__Host-", "__Secure-"];

/** The cookie that signing in at the dashboard sets: the first without a `*`, if there is one. */
export function findSignInCookie(patterns: readonly string[]): string {
  return patterns.find((pattern) => !pattern.includes("*")) ?? "session";
}

/** Creates the search for cookies by name; `*` stands for any characters. */
export function createFindCookies(patterns: readonly string[]): FindCookies {
  const parts = patterns.map((pattern) => {
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
    const byName = new Map<string, Pair[][]>();
    for (const sent of header.split(";")) {
      const name = sent.slice(0, Math.max(0, sent.indexOf("="))).trim();
      if (name === "") continue;
      const [, base = name, number] = CHUNK.exec(name) ?? [];
      if (number !== undefined && isWanted(base)) add(byName, base, 1 + Number(number), name, sent);
      else if (isWanted(name)) add(byName, name, 0, name, sent);
    }
    return [...byName].flatMap(([name, slots]) => assemble(name, slots)).toSorted(byPrefix)
      .slice(0, MAX_COOKIES);
  };
}

/** Slot 0 has whole cookies, slot 1 the chunks with number 0, and so on. */
function add(
  byName: Map<string, Pair[][]>,
  base: string,
  slot: number,
  name: string,
  sent: string,
): void {
  const slots = byName.get(base) ?? Array.from({ length: 1 + MAX_CHUNKS }, () => []);
  byName.set(base, slots);
  const pairs = slots[slot] ?? [];
  if (pairs.length < MAX_COOKIES) pairs.push({ name, sent: sent.trim() });
}

/** The cookies of one name: those in one part, then those in chunks, up to the first that is missing. */
function assemble(name: string, [whole = [], ...chunks]: readonly Pair[][]): readonly Cookie[] {
  const cookies = new Map<string, Cookie>();
  function collect(pairs: readonly Pair[]): void {
    const value = pairs.map(valueOf).join("");
    const sent = pairs.map((pair) => pair.sent).join("; ");
    if (value !== "" && !cookies.has(value)) cookies.set(value, { name, value, sent });
  }
  for (const pair of whole) collect([pair]);
  // Where a parent of the host has set chunks as well, the first of each number belong together.
  for (let set = 0; set < (chunks[0]?.length ?? 0); set++) {
    const pairs = chunks.map((slot) => slot[set]);
    const end = pairs.indexOf(undefined);
    collect(pairs.slice(0, end === -1 ? undefined : end).filter((pair) => pair !== undefined));
  }
  return [...cookies.values()];
}

/** Without the quotes that a value may have (RFC 6265). */
function valueOf({ sent }: Pair): string {
  const value = sent.slice(sent.indexOf("=") + 1).trim();
  return /^"(.*)"$/.exec(value)?.[1] ?? value;
}

function byPrefix(a: Cookie, b: Cookie): number {
  return rank(a) - rank(b);
}

function rank({ name }: Cookie): number {
  const at = PREFIXES.findIndex((prefix) => name.startsWith(prefix));
  return at === -1 ? PREFIXES.length : at;
}
