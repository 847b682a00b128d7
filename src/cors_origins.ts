/** The setting `CORS_ORIGINS`: reads its entries, and finds what a page's origin is allowed (contract 1.9). */

/** All entries, as browsers write origins; or why one of them is none. */
export type ParsedOrigins =
  | { readonly ok: true; readonly origins: readonly string[] }
  | { readonly ok: false; readonly message: string };

/**
 * What the pages of an origin may do: `trusted` ones read every response and send cookies that count, `any`
 * read responses, with cookies that count for nothing.
 */
export type Access = "trusted" | "any" | "none";

/** Finds what the pages of an origin may do. */
export type FindAccess = (origin: string) => Access;

const EXPECTED =
  "* or a comma-separated list of origins like https://example.com or https://*.example.com";
/** Pages of these have the origin `null`, or none. */
const NO_ORIGIN = /^(about|blob|data|file|ftp|javascript|mailto|wss?):/i;
/** A scheme with the letters of `https` in another order or number: a typing error. */
const MISTYPED = /^[htps]+$/i;
const LABELS = "[a-z0-9_-]+(?:\\.[a-z0-9_-]+)*";
const HOST = new RegExp(`^(${LABELS}\\.?|\\[[0-9a-f:.]+\\])(:\\d+)?$`);

/** Reads a list of origins and writes each as browsers do. */
export function parseOrigins(list: string): ParsedOrigins {
  const origins: string[] = [];
  for (const entry of list.split(",").map((part) => part.trim())) {
    const { origin, problem } = parseOrigin(entry);
    if (origin === undefined) return { ok: false, message: `${EXPECTED} (${problem})` };
    if (!origins.includes(origin)) origins.push(origin);
  }
  return { ok: true, origins };
}

type Parsed =
  | { readonly origin: string; readonly problem?: never }
  | { readonly origin?: never; readonly problem: string };

function parseOrigin(entry: string): Parsed {
  if (entry === "*" || entry === "null") return { origin: entry };
  if (entry === "") return { problem: "an entry is empty" };
  const shown = JSON.stringify(entry);
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(entry) ?? [];
  if (NO_ORIGIN.test(entry)) {
    return {
      problem: `pages of ${shown} have no such origin; that of files and sandboxes is null`,
    };
  }
  if (scheme === "") return { problem: `${shown} does not begin with https:// or another scheme` };
  const host = rest.replace(/\/$/, "");
  if (/[/?#\\]/.test(host)) return { problem: `${shown} has a path; an origin ends with the host` };
  if (host.includes("@")) return { problem: `${shown} has a user; an origin is scheme and host` };
  if (/[\s;|"'`<>^{}()]/.test(host)) return { problem: `${shown} is not one origin` };
  if (/^https?$/i.test(scheme)) return parseWebOrigin(scheme.toLowerCase(), host, shown);
  if (MISTYPED.test(scheme)) return { problem: `${shown} has a mistyped scheme` };
  // Of an app or an extension, such as capacitor://localhost and app://.
  const known = host === "." || HOST.test(host.toLowerCase());
  return known
    ? { origin: `${scheme}://${host}`.toLowerCase() }
    : { problem: `${shown} is not an origin` };
}

function parseWebOrigin(scheme: string, host: string, shown: string): Parsed {
  const isWildcard = host.startsWith("*.");
  const domain = isWildcard ? host.slice(2) : host;
  if (domain.includes("*")) {
    return { problem: `in ${shown}, * can only be the first label, as in https://*.example.com` };
  }
  // A label in place of *, as that of an address is none.
  const url = `${scheme}://${isWildcard ? "x." : ""}${domain}`;
  const origin = URL.canParse(url) ? new URL(url).origin : "";
  if (!HOST.test(origin.slice(scheme.length + 3))) return { problem: `${shown} is not an origin` };
  if (!isWildcard) return { origin };
  const parent = origin.slice(scheme.length + 5);
  if (!/^localhost\b/.test(parent) && !/[^.]\.[^.:]/.test(parent)) {
    return { problem: `${shown} would trust every site below a top-level domain` };
  }
  return { origin: `${scheme}://*.${parent}` };
}

/**
 * Creates the function that finds what an origin may do. Listed ones are trusted, except `null`, which any
 * page can have: a sandboxed frame is enough.
 *
 * @param origins as `parseOrigins` returns them
 */
export function createFindAccess(origins: readonly string[]): FindAccess {
  const listed = new Set(origins.filter((origin) => !origin.includes("*") && origin !== "null"));
  const wildcards = origins.filter((origin) => origin.includes("://*.")).map(toPattern);
  const others: Access = origins.includes("*") ? "any" : "none";
  const ofNull: Access = origins.includes("null") ? "any" : others;
  return function findAccess(origin) {
    if (listed.has(origin) || wildcards.some((pattern) => pattern.test(origin))) return "trusted";
    return origin === "null" ? ofNull : others;
  };
}

/** `https://*.example.com` is every subdomain, of any depth, and not `https://example.com`. */
function toPattern(origin: string): RegExp {
  const [scheme = "", parent = ""] = origin.split("*");
  return new RegExp(`^${escape(scheme)}${LABELS}${escape(parent)}$`);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
