/** Times every request, and names its span after the route that answered. */

import type { Context as HonoContext, Next } from "hono";
import { routePath } from "hono/route";
import { nameRequest } from "../tracing.ts";
import type { HttpEnv } from "./env.ts";

/** Told of each answer: the endpoint's route, the status, the seconds until its head. */
export type ObserveRequest = (route: string, status: number, seconds: number) => void;

/** What no endpoint answered: a preflight, a path that there is not. */
const NO_ROUTE = "none";

/** The outermost handler. */
export function observeRequests(observe: ObserveRequest) {
  return async function observeRequest(c: HonoContext<HttpEnv>, next: Next): Promise<void> {
    const startedAt = performance.now();
    await next();
    // By route and not by path: what callers write must not make new series.
    const path = routePath(c, -1);
    const route = path === "/*" || path === "" ? NO_ROUTE : path;
    nameRequest(c.req.method, route);
    observe(route, c.res.status, (performance.now() - startedAt) / 1000);
  };
}
