/**
 * Whether a page of another site had the browser send a request along with the user's cookie. Such a
 * page must not act as an admin, and neither may it read as one, nor send events in the user's name.
 */

/** Judges a request by its headers. */
export type IsForeign = (request: Request) => boolean;

/**
 * @param corsOrigins the origins that the operator names; `*` names nobody. Callers that are no
 * browsers send neither of the headers looked at, and are not led by anybody's page.
 */
export function createIsForeign(corsOrigins: readonly string[]): IsForeign {
  return function isForeign({ headers, url }) {
    // Who has the token needs no cookie, and then none is looked at.
    if (/^Bearer +\S+$/i.test(headers.get("authorization") ?? "")) return false;
    const origin = headers.get("origin");
    if (origin !== null && corsOrigins.includes(origin)) return false;
    const site = headers.get("sec-fetch-site");
    // `none`: typed in, or a bookmark.
    if (site !== null) return site !== "same-origin" && site !== "none";
    return origin !== null && hostOf(origin) !== new URL(url).host;
  };
}

/** A proxy may have ended TLS, so that the scheme tells nothing. */
function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
