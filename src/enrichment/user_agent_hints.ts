/** User agent client hints, from the text of their headers. */

import type { ClientHints } from "../events/types.ts";

/** A brand that a browser says it is. */
export interface Brand {
  readonly name: string;
  readonly version: string;
}

/** Client hints, parsed; `null` for what was not sent or makes no sense. */
export interface ParsedHints {
  /** Without the nonsense brands that browsers mix in. */
  readonly brands: readonly Brand[];
  /** The same brands with their full versions. */
  readonly fullVersions: readonly Brand[];
  readonly platform: string | null;
  readonly platformVersion: string | null;
  readonly mobile: boolean | null;
  readonly model: string | null;
}

/** Parses client hints. Junk tells nothing and never throws. */
export function parseHints(hints: ClientHints): ParsedHints {
  return {
    brands: parseBrands(hints.brands),
    fullVersions: parseBrands(hints.fullVersions),
    platform: parseString(hints.platform),
    platformVersion: parseVersion(parseString(hints.platformVersion)),
    mobile: parseBoolean(hints.mobile),
    model: parseString(hints.model),
  };
}

const STRING = String.raw`"((?:[^"\\]|\\.)*)"`;
const BRAND = new RegExp(`${STRING}\\s*;\\s*v\\s*=\\s*${STRING}`, "g");
const WHOLE_STRING = new RegExp(`^\\s*${STRING}\\s*$`);

/** Parses a list of brands: quoted names with quoted versions, anything else skipped. */
function parseBrands(header: string | null): Brand[] {
  return Array.from((header ?? "").matchAll(BRAND), ([, name = "", version = ""]) => ({
    name: plain(unescaped(name)),
    version: parseVersion(unescaped(version)),
  })).flatMap(({ name, version }) =>
    name === null || version === null || isGrease(name) ? [] : [{ name, version }]
  );
}

/** Browsers add a brand of no meaning, `Not;A=Brand`, each version with other punctuation. */
function isGrease(name: string): boolean {
  return /^not(?:a|any)?brand$/i.test(name.replace(/[^a-z]/gi, ""));
}

function parseString(header: string | null): string | null {
  const text = header ?? "";
  const quoted = WHOLE_STRING.exec(text)?.[1];
  return plain(quoted === undefined ? text : unescaped(quoted));
}

function parseBoolean(header: string | null): boolean | null {
  const text = header?.trim();
  return text === "?1" ? true : text === "?0" ? false : null;
}

function parseVersion(text: string | null): string | null {
  return text !== null && /^\d{1,9}(?:\.\d{1,9}){0,4}$/.test(text) ? text : null;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}

/** A name that is fit to be stored, or `null`: these headers can hold anything. */
function plain(text: string): string | null {
  const name = text.trim();
  return /^[\p{L}\p{N} !#&'()*+,./:;=?_-]{1,64}$/u.test(name) ? name : null;
}
