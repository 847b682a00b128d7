/** Classifies hosts and values of `utm_source` by the tables of known sources. */

import { NO_VALUES, SOURCE_NAMES } from "./channels_tags.ts";
import { type SourceKind, SOURCES, WEBMAIL_PREFIXES } from "./channels.ts";
import { parseUrl, readHost } from "./campaign_host.ts";

const COUNTRY = /^(.+?)\.(?:com|(?:com?\.)?[a-z]{2})$/;

const hosts = new Map<string, SourceKind>();
const inCountries = new Map<string, SourceKind>();
const names = new Map<string, SourceKind>();
const noValues: ReadonlySet<string> = new Set(NO_VALUES);

for (const [kind, sources] of Object.entries(SOURCES) as [SourceKind, typeof SOURCES.email][]) {
  for (const [name, patterns] of Object.entries(sources)) {
    names.set(name, kind);
    for (const pattern of patterns) {
      if (pattern.endsWith(".*")) inCountries.set(pattern.slice(0, -2), kind);
      else hosts.set(pattern, kind);
    }
  }
}
for (const [kind, words] of Object.entries(SOURCE_NAMES) as [SourceKind, readonly string[]][]) {
  for (const word of words) names.set(word, kind);
}

/** Returns the kind of source of a referrer's host; `undefined` for unknown sites. */
export function classifyHost(host: string): SourceKind | undefined {
  for (let domain = host, dot = 0; dot !== -1; domain = domain.slice(dot + 1)) {
    const kind = hosts.get(domain);
    if (kind !== undefined) return kind;
    dot = domain.indexOf(".");
  }
  const name = COUNTRY.exec(host)?.[1];
  return (name === undefined ? undefined : inCountries.get(name)) ??
    (WEBMAIL_PREFIXES.some((prefix) => host.startsWith(prefix)) ? "email" : undefined);
}

/** Returns the kind of source that a `utm_source` names, by a word or a host. */
export function classifySource(source: string | null): SourceKind | undefined {
  const word = toWord(source);
  if (source === null || word === null) return undefined;
  const host = source.includes(".") ? readHost(parseUrl(`https://${source}`)) : null;
  return names.get(word) ?? (host === null ? undefined : classifyHost(host));
}

/** Normalizes a tag to a word as in the tables; `null` if it has no meaning. */
export function toWord(tag: string | null): string | null {
  if (tag === null) return null;
  const word = tag.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_|_$/g, "");
  return word === "" || noValues.has(word) ? null : word;
}
