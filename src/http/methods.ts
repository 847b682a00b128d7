/** Which methods an endpoint has, for requests with another and for `OPTIONS` (contract 1.19, 1.20). */

import { getPath } from "hono/utils/url";
import { toDocumentedPath } from "./neutral_paths.ts";

/** A route as Hono lists it. */
interface Route {
  readonly path: string;
  readonly method: string;
}

/** The value of `Allow` for a path; `null` if there is no endpoint. */
export type FindAllowed = (path: string) => string | null;

/** Reads the path of a request: the one that is documented, without a slash at its end or doubled ones. */
export function readPath(request: Request): string {
  const path = getPath(request);
  return toDocumentedPath(
    path.includes("//") || path.endsWith("/")
      ? path.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "")
      : path,
  );
}

/** Creates the function that finds the methods of a path; `routes` may be added to until its first call. */
export function createFindAllowed(routes: readonly Route[]): FindAllowed {
  let endpoints: Map<string, Set<string>> | null = null;
  return function findAllowed(path) {
    endpoints ??= groupByPath(routes);
    for (const [endpoint, methods] of endpoints) {
      const matches = endpoint.endsWith("/*")
        ? path.startsWith(endpoint.slice(0, -1))
        : path === endpoint;
      if (matches) return [...methods].join(", ");
    }
    return null;
  };
}

function groupByPath(routes: readonly Route[]): Map<string, Set<string>> {
  const endpoints = new Map<string, Set<string>>();
  for (const { path, method } of routes) {
    if (method !== "GET" && method !== "POST") continue; // what is for all methods is no endpoint
    const methods = endpoints.get(path) ?? new Set();
    endpoints.set(path, methods.add(method));
    if (method === "GET") methods.add("HEAD");
  }
  for (const methods of endpoints.values()) methods.add("OPTIONS");
  return endpoints;
}
