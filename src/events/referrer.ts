/** Referrers of callers who asked not to be tracked (contract 7.6). */

/** The URL of a referrer's host, without its path and query; `null` for anything that is no URL. */
export function reduceToHost(referrer: string | null): string | null {
  const url = referrer === null ? null : URL.parse(referrer);
  return url === null || url.host === "" ? null : `${url.protocol}//${url.host}/`;
}
