/** Links within the service that also work where a proxy serves it under a prefix, without a setting. */

import { getPath } from "hono/utils/url";

/** The root of the service, relative to the URL of a request as the browser sees it (contract 1.24). */
export function relativeRoot(request: Request): string {
  const depth = getPath(request).split("/").length - 2; // a slash at the end counts
  return depth > 0 ? "../".repeat(depth) : "./";
}
