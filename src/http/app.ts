/** The doors, and what all of them have in common. */

import { TRPCError } from "@trpc/server";
import { Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { errorResponse, toTRPCError } from "./answer.ts";
import { assetDoor, type Assets, JAVASCRIPT } from "./assets.ts";
import { adminDoor, adminPolicy } from "./doors/admin.ts";
import { beaconDoor } from "./doors/beacon.ts";
import { demoDoor, demoPolicy, type ReadDemoEvents } from "./doors/demo.ts";
import { eventsDoor } from "./doors/events.ts";
import { type CheckHealth, livez, readyzDoor } from "./doors/health.ts";
import { pixelDoor } from "./doors/pixel.ts";
import { TRPC_PATH, trpcDoor } from "./doors/trpc.ts";
import type { DoorOptions, HttpEnv } from "./env.ts";
import { createIsForeign } from "./foreign_page.ts";
import { observed, type ObserveRequest } from "./observed.ts";

/** What the HTTP application is made of. */
export interface HttpOptions extends Omit<DoorOptions, "isForeign"> {
  readonly corsOrigins: readonly string[];
  readonly assets: Assets;
  /** What the demo shows; `null`: there is no demo. */
  readonly readDemoEvents: ReadDemoEvents | null;
  readonly checkHealth: CheckHealth;
  /** The answer of `/metrics`, in Prometheus' text format. */
  readonly renderMetrics: () => Promise<string>;
  readonly observeRequest: ObserveRequest;
}

const DOORS =
  "POST /v1/events, POST /v1/events/batch, POST /v1/beacon, GET /v1/pixel.gif, /api/trpc/eventIngestion.{track,trackBatch,getStats,forceFlush}, GET /analytics.js, GET /admin, GET /livez, GET /readyz, GET /metrics";

// Deno passes any Host header on; who parses the URL that it is part of will throw.
const NO_URL = {
  code: "BAD_REQUEST",
  message: "The Host header and the path make no URL",
} as const;

/** Makes the HTTP application. */
export function createHttp(given: HttpOptions): Hono<HttpEnv> {
  const options = { ...given, isForeign: createIsForeign(given.corsOrigins) };
  const app = new Hono<HttpEnv>();
  app.use(observed(options.observeRequest));
  app.use(requestId(), tellRequestId);
  app.use("/admin/*", adminPolicy);
  if (options.readDemoEvents !== null) app.use("/demo/*", demoPolicy);
  app.use(secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    crossOriginResourcePolicy: "cross-origin", // the pixel stands in other people's pages
    xFrameOptions: "DENY",
    strictTransportSecurity: false, // for whoever terminates TLS to decide
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  }));
  app.use(allowOrigins(options.corsOrigins));

  app.on(["GET", "POST"], `${TRPC_PATH}/*`, trpcDoor(options));
  app.post("/v1/events", eventsDoor("track", options));
  app.post("/v1/events/batch", eventsDoor("trackBatch", options));
  app.post("/v1/beacon", beaconDoor(options));
  app.get("/v1/pixel.gif", pixelDoor(options));
  app.get("/analytics.js", assetDoor(options.assets, "analytics.js", JAVASCRIPT));
  if (options.readDemoEvents !== null) {
    app.route("/demo", demoDoor(options.assets, options.readDemoEvents));
  }
  app.route("/admin", adminDoor(options));
  app.get("/livez", livez);
  app.get("/readyz", readyzDoor(options.checkHealth));
  app.get("/metrics", async (c) => {
    c.header("content-type", "text/plain; version=0.0.4; charset=utf-8");
    return c.body(await options.renderMetrics());
  });

  app.notFound((c) => {
    const message = `Nothing answers ${c.req.method} ${c.req.path}. The doors: ${DOORS}`;
    return errorResponse(new TRPCError({ code: "NOT_FOUND", message }), c.get("requestId"));
  });
  app.onError((error, c) => {
    const unforeseen = URL.canParse(c.req.url) ? error : new TRPCError(NO_URL);
    return errorResponse(toTRPCError(unforeseen), c.get("requestId"));
  });
  return app;
}

/** On the answer itself: what Hono sets before there is one does not reach every kind of answer. */
const tellRequestId: MiddlewareHandler<HttpEnv> = async (c, next) => {
  await next();
  c.res.headers.set("x-request-id", c.get("requestId"));
};

const EXPOSED = ["Idempotent-Replayed", "Retry-After", "X-Request-Id", "Date"];

function allowOrigins(origins: readonly string[]): MiddlewareHandler {
  const everybody = origins.includes("*");
  const byHono = cors({
    origin: everybody ? "*" : [...origins],
    credentials: !everybody, // a cookie of another origin's page must be wanted by name
    allowMethods: ["GET", "POST", "OPTIONS"],
    exposeHeaders: EXPOSED,
    maxAge: 86_400,
  });
  if (!everybody) return byHono;
  const exposed = EXPOSED.join(",");
  // What is the same for everybody is set on the answer itself: Hono sets it before there is one, and
  // merging the two costs a request a fifth of its way through HTTP.
  return async function allowEverybody(c, next) {
    if (c.req.method === "OPTIONS") return await byHono(c, next);
    await next();
    c.res.headers.set("access-control-allow-origin", "*");
    c.res.headers.set("access-control-expose-headers", exposed);
  };
}
