/** Classifies hosts and values of `utm_source` by the tables of known sources. */

import { NO_VALUES, SOURCE_NAMES } from "./channels_tags.ts";
import { HOST_PREFIXES, type SourceKind, SOURCES } from "./channels.ts";
import { BANK_PREFIXES, RETURNS } from "./channels_returns.ts";
import { parseUrl, readHost } from "./campaign_host.ts";
import { memoize } from "./memo.ts";

/** Events of a campaign share its tags, and most visitors come from a few hosts. */
const MAX_CACHED = 2000;
const COUNTRY = /^(.+?)\.(?:com|(?:com?\.)?[a-z]{2})$/;

/** Values by host: of a host and all below it, and of a name under `com` or a country. */
class HostTable<T> {
  readonly #hosts = new Map<string, T>();
  readonly #inCountries = new Map<string, T>();

  add(patterns: readonly string[], value: T): void {
    for (const pattern of patterns) {
      if (pattern.endsWith(".*")) this.#inCountries.set(pattern.slice(0, -2), value);
      else this.#hosts.set(pattern, value);
    }
  }

  find(host: string): T | undefined {
    for (let domain = host, dot = 0; dot !== -1; domain = domain.slice(dot + 1)) {
      const value = this.#hosts.get(domain);
      if (value !== undefined) return value;
      dot = domain.indexOf(".");
    }
    const name = COUNTRY.exec(host)?.[1];
    return name === undefined ? undefined : this.#inCountries.get(name);
  }
}

const sources = new HostTable<SourceKind>();
const returns = new HostTable<true>();
const names = new Map<string, SourceKind>();
const noValues: ReadonlySet<string> = new Set(NO_VALUES);
const prefixes = Object.entries(HOST_PREFIXES) as [SourceKind, readonly string[]][];

for (const [kind, entries] of Object.entries(SOURCES) as [SourceKind, typeof SOURCES.email][]) {
  for (const [name, patterns] of Object.entries(entries)) {
    names.set(name, kind);
    sources.add(patterns, kind);
  }
}
for (const [kind, words] of Object.entries(SOURCE_NAMES) as [SourceKind, readonly string[]][]) {
  for (const word of words) names.set(word, kind);
}
for (const patterns of Object.values(RETURNS)) returns.add(patterns, true);

/** Returns the kind of source of a referrer's host; `undefined` for unknown sites. */
export function classifyHost(host: string): SourceKind | undefined {
  return cachedKind(host) ?? undefined;
}

const cachedKind = memoize(MAX_CACHED, (host): SourceKind | null =>
  sources.find(host) ??
    prefixes.find(([, list]) => list.some((prefix) => host.startsWith(prefix)))?.[0] ?? null);

/** Whether visitors come back from the host in the middle of a visit: after a payment or sign-in. */
export const isReturn: (host: string) => boolean = memoize(MAX_CACHED, (host) => {
  return returns.find(host) !== undefined ||
    BANK_PREFIXES.some((prefix) => host.startsWith(prefix) && host.indexOf(".", prefix.length) > 0);
});

/** Returns the kind of source that a `utm_source` names, by a word or a host. */
export function classifySource(source: string | null): SourceKind | undefined {
  const word = toWord(source);
  if (source === null || word === null) return undefined;
  const host = source.includes(".") ? readHost(parseUrl(`https://${source}`)) : null;
  return names.get(word) ?? (host === null ? undefined : classifyHost(host));
}

/** Normalizes a tag to a word as in the tables; `null` if it has no meaning. */
export function toWord(tag: string | null): string | null {
  return tag === null ? null : cachedWord(tag);
}

const cachedWord = memoize(MAX_CACHED, (tag) => {
  const word = tag.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_|_$/g, "");
  return word === "" || noValues.has(word) ? null : word;
});
