/** The HTTP application: its endpoints and the handlers that all of them share. */

import { TRPCError } from "@trpc/server";
import { Hono, type MiddlewareHandler } from "hono";
import { createFindAccess } from "../cors_origins.ts";
import { errorResponse, toTRPCError } from "./responses.ts";
import { assetRoute, type Assets, JAVASCRIPT } from "./assets.ts";
import { adminPolicy, adminRoute } from "./routes/admin.ts";
import { beaconRoute } from "./routes/beacon.ts";
import { demoPolicy, demoRoute, type ReadDemoEvents } from "./routes/demo.ts";
import { docsPolicy, docsRoute } from "./routes/docs.ts";
import { eventsRoute } from "./routes/events.ts";
import { type CheckHealth, livez, readyzRoute } from "./routes/health.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { openApiRoute, openToAll } from "./routes/openapi.ts";
import { pixelRoute } from "./routes/pixel.ts";
import { TRPC_PATH, trpcRoute } from "./routes/trpc.ts";
import { FAST_PATHS, trpcFastPath } from "./routes/trpc_fast_path.ts";
import type { HttpEnv, RouteOptions } from "./env.ts";
import { createIsForeign } from "./foreign_page.ts";
import { isIngestion } from "./ingestion.ts";
import { createFindAllowed, readPath } from "./methods.ts";
import { createPreflight } from "./preflight.ts";
import { type CommonHeaders, createCommonHeaders, readRequestId } from "./common_headers.ts";
import { type ObserveRequest, observeRequests } from "./observe_requests.ts";

/** Options of `createHttp`. */
export interface HttpOptions extends Omit<RouteOptions, "isForeign"> {
  readonly corsOrigins: readonly string[];
  readonly assets: Assets;
  /** Reads the events that the demo shows; `null`: no demo. */
  readonly readDemoEvents: ReadDemoEvents | null;
  readonly checkHealth: CheckHealth;
  /** Whether KV seems to have been emptied or replaced. */
  readonly isKvSuspect: () => boolean;
  /** Whether the process was told to stop. */
  readonly isStopping: () => boolean;
  /** Renders `/metrics`, in Prometheus' text format. */
  readonly renderMetrics: () => Promise<string>;
  /** The bearer token that `/metrics` requires; `null`: none. */
  readonly metricsToken: string | null;
  readonly observeRequest: ObserveRequest;
  /** The REST endpoints, described in OpenAPI. */
  readonly describeApi: () => unknown;
}

const ROUTES =
  "POST /v1/events, POST /v1/events/batch, POST /v1/beacon, GET /v1/pixel.gif, /api/trpc/eventIngestion.{track,trackBatch,getStats,forceFlush}, GET /analytics.js, GET /admin, GET /livez, GET /readyz, GET /metrics, GET /openapi.json, GET /docs";

// Deno passes on any Host header; parsing the URL that contains an invalid one throws.
const NO_URL = {
  code: "BAD_REQUEST",
  message: "The Host header and the path do not make a valid URL",
} as const;

type Options = HttpOptions & RouteOptions;

/** Creates the HTTP application: the hot calls first and by themselves, then all other endpoints. */
export function createHttp(given: HttpOptions): Hono<HttpEnv> {
  const options = { ...given, isForeign: createIsForeign(createFindAccess(given.corsOrigins)) };
  const setCommonHeaders = createCommonHeaders(given.corsOrigins);
  const routes = createRoutes(options, setCommonHeaders);
  const app = new Hono<HttpEnv>();
  // No other handler may match these paths: Hono calls a single match directly, without a chain.
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
    const response = unexpectedError(error, url, requestId);
    setCommonHeaders(response.headers, headers, requestId, false);
    return response;
  });
  return app;
}

function createRoutes(options: Options, setCommonHeaders: CommonHeaders): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>({ getPath: readPath });
  const findAllowed = createFindAllowed(app.routes);
  app.use(observeRequests(options.observeRequest));
  app.use("/admin/*", adminPolicy);
  if (options.readDemoEvents !== null) app.use("/demo/*", demoPolicy);
  app.use("/docs/*", docsPolicy);
  app.use("/openapi.json", openToAll);
  app.use(withCommonHeaders(setCommonHeaders));
  app.options("*", createPreflight(findAllowed));

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
  app.get("/readyz", readyzRoute(options.checkHealth, options.isStopping, options.isKvSuspect));
  app.get("/metrics", metricsRoute(options.renderMetrics, options.metricsToken));
  app.get("/openapi.json", openApiRoute(options.describeApi));
  app.route("/docs", docsRoute(options.assets));

  app.notFound((c) => {
    const allow = findAllowed(c.req.path);
    if (allow !== null) return methodNotAllowed(c.req, allow, c.get("requestId"));
    const message = `No endpoint ${c.req.method} ${c.req.path}. The endpoints are: ${ROUTES}`;
    return errorResponse(new TRPCError({ code: "NOT_FOUND", message }), c.get("requestId"));
  });
  app.onError((error, c) => unexpectedError(error, c.req.url, c.get("requestId")));
  return app;
}

function unexpectedError(error: Error, url: string, requestId: string): Response {
  const cause = URL.canParse(url) ? error : new TRPCError(NO_URL);
  return errorResponse(toTRPCError(cause), requestId);
}

function methodNotAllowed(
  { method, path }: { readonly method: string; readonly path: string },
  allow: string,
  requestId: string,
): Response {
  const message = `${path} does not accept ${method}, but ${allow}`;
  const error = new TRPCError({ code: "METHOD_NOT_SUPPORTED", message });
  return errorResponse(error, requestId, new Headers({ allow }));
}

function withCommonHeaders(setCommonHeaders: CommonHeaders): MiddlewareHandler<HttpEnv> {
  return async function withCommonHeaders(c, next) {
    c.set("requestId", readRequestId(c.req.raw.headers));
    await next();
    const { path, raw } = c.req;
    // Caches in front may be told to keep what does not forbid it: /livez is asked for its Date.
    if (raw.method !== "POST" && !c.res.headers.has("cache-control")) {
      c.res.headers.set("cache-control", "no-store");
    }
    setCommonHeaders(c.res.headers, raw.headers, c.get("requestId"), isIngestion(path));
  };
}
