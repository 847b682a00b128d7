/** The endpoints, and what all of them have in common. */

import { TRPCError } from "@trpc/server";
import { Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { errorResponse, toTRPCError } from "./responses.ts";
import { assetRoute, type Assets, JAVASCRIPT } from "./assets.ts";
import { adminPolicy, adminRoute } from "./routes/admin.ts";
import { beaconRoute } from "./routes/beacon.ts";
import { demoPolicy, demoRoute, type ReadDemoEvents } from "./routes/demo.ts";
import { eventsRoute } from "./routes/events.ts";
import { type CheckHealth, livez, readyzRoute } from "./routes/health.ts";
import { pixelRoute } from "./routes/pixel.ts";
import { TRPC_PATH, trpcRoute } from "./routes/trpc.ts";
import { FAST_PATHS, trpcFastPath } from "./routes/trpc_fast_path.ts";
import type { HttpEnv, RouteOptions } from "./env.ts";
import { createIsForeign } from "./foreign_page.ts";
import {
  type CommonHeaders,
  createCommonHeaders,
  EXPOSED,
  readRequestId,
} from "./common_headers.ts";
import { type ObserveRequest, observeRequests } from "./observe_requests.ts";

/** What the HTTP application is made of. */
export interface HttpOptions extends Omit<RouteOptions, "isForeign"> {
  readonly corsOrigins: readonly string[];
  readonly assets: Assets;
  /** What the demo shows; `null`: there is no demo. */
  readonly readDemoEvents: ReadDemoEvents | null;
  readonly checkHealth: CheckHealth;
  /** The answer of `/metrics`, in Prometheus' text format. */
  readonly renderMetrics: () => Promise<string>;
  readonly observeRequest: ObserveRequest;
}

const ROUTES =
  "POST /v1/events, POST /v1/events/batch, POST /v1/beacon, GET /v1/pixel.gif, /api/trpc/eventIngestion.{track,trackBatch,getStats,forceFlush}, GET /analytics.js, GET /admin, GET /livez, GET /readyz, GET /metrics";

// Deno passes any Host header on; who parses the URL that it is part of will throw.
const NO_URL = {
  code: "BAD_REQUEST",
  message: "The Host header and the path make no URL",
} as const;

type Options = HttpOptions & RouteOptions;

/** Makes the HTTP application: the hot calls by themselves, and before all the other endpoints. */
export function createHttp(given: HttpOptions): Hono<HttpEnv> {
  const options = { ...given, isForeign: createIsForeign(given.corsOrigins) };
  const setCommonHeaders = createCommonHeaders(given.corsOrigins);
  const routes = createRoutes(options, setCommonHeaders);
  const app = new Hono<HttpEnv>();
  // Nothing else may match these paths: Hono calls a handler that is alone without a chain around it.
  app.on(
    "POST",
    [...FAST_PATHS.keys()],
    trpcFastPath(
      options,
      setCommonHeaders,
      `${TRPC_PATH}/*`,
      (request, env) => routes.fetch(request, env),
    ),
  );
  app.notFound((c) => routes.fetch(c.req.raw, c.env));
  app.onError((error, c) => {
    const { url, headers } = c.req.raw;
    const requestId = readRequestId(headers);
    const answer = failed(error, url, requestId);
    setCommonHeaders(answer.headers, headers, requestId);
    return answer;
  });
  return app;
}

function createRoutes(options: Options, setCommonHeaders: CommonHeaders): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(observeRequests(options.observeRequest));
  app.use("/admin/*", adminPolicy);
  if (options.readDemoEvents !== null) app.use("/demo/*", demoPolicy);
  app.use(withCommonHeaders(setCommonHeaders));
  app.options("*", preflight(options.corsOrigins));

  app.on(["GET", "POST"], `${TRPC_PATH}/*`, trpcRoute(options));
  app.post("/v1/events", eventsRoute("track", options));
  app.post("/v1/events/batch", eventsRoute("trackBatch", options));
  app.post("/v1/beacon", beaconRoute(options));
  app.get("/v1/pixel.gif", pixelRoute(options));
  app.get("/analytics.js", assetRoute(options.assets, "analytics.js", JAVASCRIPT));
  if (options.readDemoEvents !== null) {
    app.route("/demo", demoRoute(options.assets, options.readDemoEvents));
  }
  app.route("/admin", adminRoute(options));
  app.get("/livez", livez);
  app.get("/readyz", readyzRoute(options.checkHealth));
  app.get("/metrics", async (c) => {
    c.header("content-type", "text/plain; version=0.0.4; charset=utf-8");
    return c.body(await options.renderMetrics());
  });

  app.notFound((c) => {
    const message = `Nothing answers ${c.req.method} ${c.req.path}. The endpoints: ${ROUTES}`;
    return errorResponse(new TRPCError({ code: "NOT_FOUND", message }), c.get("requestId"));
  });
  app.onError((error, c) => failed(error, c.req.url, c.get("requestId")));
  return app;
}

function failed(error: Error, url: string, requestId: string): Response {
  const unforeseen = URL.canParse(url) ? error : new TRPCError(NO_URL);
  return errorResponse(toTRPCError(unforeseen), requestId);
}

function withCommonHeaders(setCommonHeaders: CommonHeaders): MiddlewareHandler<HttpEnv> {
  return async function withCommonHeaders(c, next) {
    c.set("requestId", readRequestId(c.req.raw.headers));
    await next();
    setCommonHeaders(c.res.headers, c.req.raw.headers, c.get("requestId"));
  };
}

/** Answers what browsers ask before they send a page's request to another origin. */
function preflight(origins: readonly string[]): MiddlewareHandler {
  const everybody = origins.includes("*");
  return cors({
    origin: everybody ? "*" : [...origins],
    credentials: !everybody, // a cookie of another origin's page must be wanted by name
    allowMethods: ["GET", "POST", "OPTIONS"],
    exposeHeaders: EXPOSED,
    maxAge: 86_400,
  });
}
