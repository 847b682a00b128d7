/** `GET /openapi.json`: the REST endpoints, described in OpenAPI 3.1. */

import type { Context as HonoContext, Next } from "hono";
import { assetRoute, toAsset } from "../assets.ts";
import type { HttpEnv } from "../env.ts";

/** Serves the description, which is made once, for the first request. */
export function openApiRoute(describeApi: () => unknown) {
  let route: ReturnType<typeof assetRoute> | null = null;
  return function openApi(c: HonoContext<HttpEnv>): Response {
    route ??= assetRoute(
      new Map([["openapi.json", toAsset(JSON.stringify(describeApi()))]]),
      "openapi.json",
      "application/json",
    );
    return route(c);
  };
}

/** Lets pages of any origin read the description, whatever `CORS_ORIGINS` says: it has nothing to protect. */
export async function openToAll(c: HonoContext<HttpEnv>, next: Next): Promise<void> {
  await next();
  c.res.headers.set("access-control-allow-origin", "*");
  c.res.headers.delete("access-control-allow-credentials");
}
