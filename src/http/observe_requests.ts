/** Times every request and names its span after its route. */

import type { Context as HonoContext, Next } from "hono";
import { routePath } from "hono/route";
import { nameRequest } from "../tracing.ts";
import type { HttpEnv } from "./env.ts";

/** Called for each response with its route, its status and the seconds until its headers. */
export type ObserveRequest = (route: string, status: number, seconds: number) => void;

/** The route of preflights and unknown paths. */
const NO_ROUTE = "none";

/** Creates the outermost handler. */
export function observeRequests(observe: ObserveRequest) {
  return async function observeRequest(c: HonoContext<HttpEnv>, next: Next): Promise<void> {
    const startedAt = performance.now();
    await next();
    // The route, not the path: callers must not be able to create new series.
    const path = routePath(c, -1);
    const route = path === "/*" || path === "" ? NO_ROUTE : path;
    nameRequest(c.req.method, route);
    observe(route, c.res.status, (performance.now() - startedAt) / 1000);
  };
}
