/**
 * Second names for what pages and mails of other sites request (contract 1.23). Public block lists have
 * rules such as `/pixel.gif?` and `stats.…/event` for any site; these names match none of them.
 */

const NAMES: ReadonlyMap<string, string> = new Map([
  ["/v1/batch", "/v1/events/batch"],
  ["/v1/exit", "/v1/beacon"],
]);
/** Any hash: a page may have the tag of an earlier version. */
const FILES: ReadonlyMap<string, string> = new Map([
  ["js", "/analytics.js"],
  ["gif", "/v1/pixel.gif"],
]);
const HASHED = /^\/[0-9a-f]{16}\.(js|gif)$/;

/** The documented path of an endpoint, given that or its neutral one. */
export function toDocumentedPath(path: string): string {
  const [, extension] = HASHED.exec(path) ?? [];
  return (extension === undefined ? NAMES.get(path) : FILES.get(extension)) ?? path;
}
