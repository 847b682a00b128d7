/** The doors, and what all of them have in common. */

import { TRPCError } from "@trpc/server";
import { Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { errorResponse, toTRPCError } from "./answer.ts";
import { assetDoor, type Assets, JAVASCRIPT } from "./assets.ts";
import { adminDoor, adminPolicy } from "./doors/admin.ts";
import { beaconDoor } from "./doors/beacon.ts";
import { demoDoor, demoPolicy, type ReadDemoEvents } from "./doors/demo.ts";
import { eventsDoor } from "./doors/events.ts";
import { type CheckHealth, livez, readyzDoor } from "./doors/health.ts";
import { pixelDoor } from "./doors/pixel.ts";
import { TRPC_PATH, trpcDoor } from "./doors/trpc.ts";
import { LEAN_PATHS, leanDoor } from "./doors/trpc_lean.ts";
import type { DoorOptions, HttpEnv } from "./env.ts";
import { createIsForeign } from "./foreign_page.ts";
import { createFrame, EXPOSED, type Frame, requestIdOf } from "./frame.ts";
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

type Options = HttpOptions & DoorOptions;

/** Makes the HTTP application: the hot calls by themselves, and before all the other doors. */
export function createHttp(given: HttpOptions): Hono<HttpEnv> {
  const options = { ...given, isForeign: createIsForeign(given.corsOrigins) };
  const frame = createFrame(given.corsOrigins);
  const doors = createDoors(options, frame);
  const app = new Hono<HttpEnv>();
  // Nothing else may match these paths: Hono calls a handler that is alone without a chain around it.
  app.on(
    "POST",
    [...LEAN_PATHS.keys()],
    leanDoor(options, frame, `${TRPC_PATH}/*`, (request, env) => doors.fetch(request, env)),
  );
  app.notFound((c) => doors.fetch(c.req.raw, c.env));
  app.onError((error, c) => {
    const { url, headers } = c.req.raw;
    const requestId = requestIdOf(headers);
    const answer = failed(error, url, requestId);
    frame(answer.headers, headers, requestId);
    return answer;
  });
  return app;
}

function createDoors(options: Options, frame: Frame): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(observed(options.observeRequest));
  app.use("/admin/*", adminPolicy);
  if (options.readDemoEvents !== null) app.use("/demo/*", demoPolicy);
  app.use(framed(frame));
  app.options("*", preflight(options.corsOrigins));

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
  app.onError((error, c) => failed(error, c.req.url, c.get("requestId")));
  return app;
}

function failed(error: Error, url: string, requestId: string): Response {
  const unforeseen = URL.canParse(url) ? error : new TRPCError(NO_URL);
  return errorResponse(toTRPCError(unforeseen), requestId);
}

function framed(frame: Frame): MiddlewareHandler<HttpEnv> {
  return async function framed(c, next) {
    c.set("requestId", requestIdOf(c.req.raw.headers));
    await next();
    frame(c.res.headers, c.req.raw.headers, c.get("requestId"));
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
