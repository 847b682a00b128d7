/**
 * The fast path for the hot calls: a single, unbatched `track` or `trackBatch` as plain JSON. It runs the
 * same procedure with the same context, without tRPC's adapter for all other shapes of request and
 * without the chain of handlers. A test compares the two paths byte by byte.
 */

import { callTRPCProcedure, getTRPCErrorFromUnknown, getTRPCErrorShape } from "@trpc/server";
import { getHTTPStatusCode } from "@trpc/server/http";
import type { Context as HonoContext } from "hono";
import { nameRequest } from "../../tracing.ts";
import type { Context } from "../../trpc/init.ts";
import { appRouter, runTrack } from "../../trpc/router.ts";
import { logUnexpected, setBodyHeaders, toBodyError } from "../responses.ts";
import { isPlainAndSmall, readPlainText, withBody } from "../body.ts";
import { type HttpEnv, procedureContext, readIp, type RouteOptions } from "../env.ts";
import { type CommonHeaders, readRequestId } from "../common_headers.ts";
import type { ObserveRequest } from "../observe_requests.ts";

/** Options of `trpcFastPath`. */
export interface FastPathOptions extends RouteOptions {
  readonly observeRequest: ObserveRequest;
}

const TRACK = "eventIngestion.track";
const HOT = [TRACK, "eventIngestion.trackBatch"] as const;

/** The paths that have a fast path, with their procedures. */
export const FAST_PATHS: ReadonlyMap<string, typeof HOT[number]> = new Map(
  HOT.map((path) => [`/api/trpc/${path}`, path]),
);
/** Headers that request another shape of response. */
const OTHER_SHAPES = ["trpc-accept", "trpc-batch-mode"];

type TrpcResponse = Parameters<typeof getHTTPStatusCode>[0];

/**
 * Handles hot calls, and passes all others on.
 *
 * @param route the route that the request counts under, which is that of the slow path
 * @param slowPath handles every other request
 */
export function trpcFastPath(
  options: FastPathOptions,
  setCommonHeaders: CommonHeaders,
  route: string,
  slowPath: (request: Request, env: HttpEnv["Bindings"]) => Response | Promise<Response>,
) {
  return async function fastPath(c: HonoContext<HttpEnv>): Promise<Response> {
    const startedAt = performance.now();
    const request = c.req.raw;
    const path = FAST_PATHS.get(c.req.path);
    if (path === undefined || !isHot(request)) return await slowPath(request, c.env);
    const body = await readPlainText(request, options.bodies, () => readIp(c, options));
    let input: unknown;
    try {
      input = body.ok ? body.json?.value ?? JSON.parse(body.text) : undefined;
    } catch {
      return await slowPath(withBody(request, body.ok ? body.text : ""), c.env);
    }

    const { headers } = request;
    const requestId = readRequestId(headers);
    const resHeaders = new Map<string, string>();
    const ctx = procedureContext(c, options, resHeaders);
    let result: TrpcResponse;
    try {
      if (!body.ok) {
        setBodyHeaders(body, resHeaders);
        throw toBodyError(body);
      }
      result = { result: { data: await callProcedure(path, input, ctx) } };
    } catch (cause) {
      const error = getTRPCErrorFromUnknown(cause);
      if (error.code === "INTERNAL_SERVER_ERROR") logUnexpected(error, requestId);
      const config = appRouter._def._config;
      result = { error: getTRPCErrorShape({ config, ctx, error, input, path, type: "mutation" }) };
    }
    const status = getHTTPStatusCode(result);
    const response = new Response(JSON.stringify(result), { status });
    // Set one by one: as an argument of `Response` they take Deno longer.
    response.headers.set("vary", "trpc-accept, accept");
    response.headers.set("content-type", "application/json");
    for (const [name, value] of resHeaders) response.headers.set(name, value);
    setCommonHeaders(response.headers, headers, requestId, true);
    nameRequest("POST", route);
    options.observeRequest(route, status, (performance.now() - startedAt) / 1000);
    return response;
  };
}

/**
 * Calls `track` directly: it has no middleware, and admission validates its input, so that tRPC's pipeline
 * would only copy the context three times.
 */
function callProcedure(path: typeof HOT[number], input: unknown, ctx: Context): Promise<unknown> {
  if (path === TRACK) return runTrack({ input, ctx });
  return callTRPCProcedure({
    router: appRouter,
    path,
    ctx,
    type: "mutation",
    getRawInput: () => Promise.resolve(input),
    signal: undefined, // no procedure uses it, and reading it costs as much as reading the body
    batchIndex: 0,
  });
}

function isHot(request: Request): boolean {
  const { url, headers } = request;
  return !url.includes("?") && isPlainAndSmall(request) &&
    headers.get("content-type") === "application/json" &&
    headers.get("accept") !== "application/jsonl" &&
    !OTHER_SHAPES.some((name) => headers.has(name));
}
