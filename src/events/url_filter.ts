/**
 * Keeps secrets in URLs out of what is stored (contract 4.11): a URL keeps its path and the parameters
 * that are listed, byte by byte, and loses other parameters, its fragment, and user and password. All
 * patterns take linear time, as clients choose the texts.
 */

import { CLICK_IDS } from "./click_ids.ts";

/** Removes secrets from the URLs in texts. */
export interface UrlFilter {
  /**
   * Filters a text.
   *
   * @param name the name of its field, which may say that a relative URL is one
   */
  text(name: string, text: string): string;
  /** Filters all texts and keys within a JSON value; returns the value itself if nothing changes. */
  value<T>(name: string, value: T): T;
}

/** Names of fields whose text is a URL. */
const URL_NAME =
  /(?:^|_)(?:ur[il]|href|src|page|path|link|location|referr?er)s?$|(?:Ur[il]|URL|Href|Page|Path|Link|Referr?er)s?$/i;
/** How the text of such a field begins; in any other text there is a space first. */
const URL_START = /^\s*(?:[/\\.]|[a-z][a-z\d+.-]*:|[^\s?#@]*[?#@])/i;
/** How a URL begins in a field of any other name. */
const WHOLE_URL = /^\s*(?:https?:|[?#][^\s=&#]+=|[./]\S*[?#&;][^\s=?#&;]+=)/i;
/** URLs within a text, which may be JSON or HTML. */
const INNER_URL = /(?:https?:[/\\]{2}|:(?:\\?\/){2})(?:[^\s"<>\\]|\\(?!["nrt]))+/gi;
/** User and password of a URL, wherever browsers find them. */
const USER = /^(\s*https?:[/\\\s]*(?!\s)|(?:[^/\\]*:)?[/\\]{2,})[^/\\]*@(?![/\\])/i;
/** `;` as in HTML's `&amp;` and in old forms, `\u0026` as in JSON that some languages write. */
const SEPARATOR = /[&;]|\\u0026/i;
const MAX_NESTING = 3;
/** URLs whose result is remembered: the events of a batch, and of a visit, share their landing page. */
const REMEMBERED_URLS = 256;
const MAX_REMEMBERED_LENGTH = 512;

/**
 * Creates a filter.
 *
 * @param keep names of parameters to keep besides campaign tags and click ids; `*` at the end
 * of one stands for any characters
 */
export function createUrlFilter(keep: readonly string[]): UrlFilter {
  const names = ["utm_*", ...Object.keys(CLICK_IDS), ...keep].map((name) => name.toLowerCase());
  const kept = new Set(names);
  const prefixes = names.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));

  function isKept(encodedName: string): boolean {
    const name = decode(encodedName).toLowerCase();
    return kept.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
  }

  const remembered = new Map<string, string>();

  /** Filters a URL that is a whole text. */
  function filterWhole(url: string): string {
    const known = remembered.get(url);
    if (known !== undefined) return known;
    const filtered = filterUrl(url);
    if (url.length > MAX_REMEMBERED_LENGTH) return filtered;
    if (remembered.size === REMEMBERED_URLS) remembered.clear();
    remembered.set(url, filtered);
    return filtered;
  }

  function filterUrl(url: string, nesting = 0): string {
    const [, start = "", query = ""] = /^([^?#]*)\??([^#]*)/.exec(url) ?? [];
    const parameters = query === "" ? [] : query.split(SEPARATOR);
    const rest = parameters.map((parameter) => filterParameter(parameter, nesting));
    const isSame = rest.every((parameter, i) => parameter === parameters[i]);
    const left = isSame ? query : rest.filter((parameter) => parameter !== "").join("&");
    return start.replace(USER, "$1") + (left === "" ? "" : `?${left}`);
  }

  /** Returns "" for a parameter that is not kept. */
  function filterParameter(parameter: string, nesting: number): string {
    const end = parameter.indexOf("=");
    const name = end === -1 ? parameter : parameter.slice(0, end);
    if (!isKept(name)) return "";
    // The value may be a URL itself, encoded once or more.
    const value = decode(decode(decode(parameter.slice(name.length + 1))));
    if (!/^[/\\]|:[/\\]{2}/.test(value)) return parameter;
    const rest = nesting < MAX_NESTING ? filterUrl(value, nesting + 1) : "";
    return rest === value ? parameter : `${name}=${rest.replace(/[\s%&+;#]/g, encodeURIComponent)}`;
  }

  function filterText(name: string, text: string): string {
    if (!/[?#@]/.test(text)) return text;
    if (WHOLE_URL.test(text) || (URL_NAME.test(name) && URL_START.test(text))) {
      return filterWhole(text);
    }
    return text.replace(INNER_URL, (url) => filterUrl(url));
  }

  function filterValue(name: string, value: unknown): unknown {
    if (typeof value === "string") return filterText(name, value);
    if (typeof value !== "object" || value === null) return value;
    return Array.isArray(value) ? filterItems(name, value) : filterFields(value);
  }

  function filterItems(name: string, items: readonly unknown[]): readonly unknown[] {
    const filtered = items.map((item) => filterValue(name, item));
    return filtered.every((item, i) => item === items[i]) ? items : filtered;
  }

  /** Copies only fields that change: most events have no such URL. */
  function filterFields(fields: object): object {
    let changed: Map<string, readonly [string, unknown]> | null = null;
    for (const name in fields) {
      const value = (fields as Record<string, unknown>)[name];
      const field = [filterText("", name), filterValue(name, value)] as const;
      if (field[0] !== name || field[1] !== value) (changed ??= new Map()).set(name, field);
    }
    if (changed === null) return fields;
    const fieldOf = (field: [string, unknown]) => changed?.get(field[0]) ?? field;
    return Object.fromEntries(Object.entries(fields).map(fieldOf));
  }

  return {
    text: filterText,
    value: <T>(name: string, value: T) => filterValue(name, value) as T,
  };
}

/** Decodes ASCII characters, which are all that has a meaning in a URL. */
function decode(text: string): string {
  return text.includes("%") ? text.replace(/%[0-7][\da-f]/gi, decodeURIComponent) : text;
}
