/** Parses user agent client hints. */

import type { ClientHints } from "../events/types.ts";

/** A brand that a browser declares. */
export interface Brand {
  readonly name: string;
  readonly version: string;
}

/** Parsed client hints; `null` if a header is missing or invalid. */
export interface ParsedHints {
  /** Without GREASE brands. */
  readonly brands: readonly Brand[];
  /** The same brands with their full versions. */
  readonly fullVersions: readonly Brand[];
  readonly platform: string | null;
  readonly platformVersion: string | null;
  readonly mobile: boolean | null;
  readonly model: string | null;
}

/** Parses client hints. Invalid headers are ignored. */
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

/** Parses a list of quoted names with quoted versions; skips everything else. */
function parseBrands(header: string | null): Brand[] {
  return Array.from((header ?? "").matchAll(BRAND), ([, name = "", version = ""]) => ({
    name: toName(removeEscapes(name)),
    version: parseVersion(removeEscapes(version)),
  })).flatMap(({ name, version }) =>
    name === null || version === null || isGrease(name) ? [] : [{ name, version }]
  );
}

/** Whether a brand is GREASE: browsers add one such as `Not;A=Brand`, with varying punctuation. */
function isGrease(name: string): boolean {
  return /^not(?:a|any)?brand$/i.test(name.replace(/[^a-z]/gi, ""));
}

function parseString(header: string | null): string | null {
  const text = header ?? "";
  const quoted = WHOLE_STRING.exec(text)?.[1];
  return toName(quoted === undefined ? text : removeEscapes(quoted));
}

function parseBoolean(header: string | null): boolean | null {
  const text = header?.trim();
  return text === "?1" ? true : text === "?0" ? false : null;
}

function parseVersion(text: string | null): string | null {
  return text !== null && /^\d{1,9}(?:\.\d{1,9}){0,4}$/.test(text) ? text : null;
}

function removeEscapes(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}

/** Returns a name if it is fit to be stored, else `null`: these headers can contain anything. */
function toName(text: string): string | null {
  const name = text.trim();
  return /^[\p{L}\p{N} !#&'()*+,./:;=?_-]{1,64}$/u.test(name) ? name : null;
}
