/**
 * Detects requests that a page of another site makes the browser send, with the user's cookie. Such a page
 * must neither act nor read as an admin, nor send events in the user's name.
 */

import { readKey } from "../api_keys/read_key.ts";
import { readBearer } from "../auth/token.ts";
import type { FindAccess } from "../cors_origins.ts";

/** Whether a request comes from a page of another site. */
export type IsForeign = (request: Request) => boolean;

/**
 * Creates the check. Callers other than browsers send neither `Origin` nor `Sec-Fetch-Site` and pass.
 *
 * @param findAccess says which origins' pages are trusted
 */
export function createIsForeign(findAccess: FindAccess): IsForeign {
  return function isForeign({ headers, url }) {
    if (readBearer(headers) !== null || readKey(headers) !== null) return false; // no cookie is used
    const origin = headers.get("origin");
    if (origin !== null && findAccess(origin) === "trusted") return false;
    const site = headers.get("sec-fetch-site");
    // `none`: typed in or bookmarked.
    if (site !== null) return site !== "same-origin" && site !== "none";
    if (origin === null) return false;
    const host = readHost(url);
    return host === null || readHost(origin) !== host;
  };
}

/**
 * The host alone: behind a proxy that terminates TLS, the schemes differ. `null` for text that is not a
 * URL, such as the origin `null` and what Deno makes of an invalid Host header.
 */
function readHost(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null;
}
