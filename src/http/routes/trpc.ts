/** `POST/GET /api/trpc/*`: the router, by tRPC's own adapter. */

import { TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { Context as HonoContext } from "hono";
import { appRouter } from "../../trpc/router.ts";
import { toHttpStatus } from "../../trpc/status.ts";
import { bodyError, logUnforeseen } from "../responses.ts";
import { readText, withBody } from "../body.ts";
import { asVersion10Stream } from "./trpc_version_10.ts";
import { type HttpEnv, procedureContext, type RouteOptions } from "../env.ts";

/** Where the router is mounted. */
export const TRPC_PATH = "/api/trpc";

/** Answers tRPC calls: single, batched, streamed. The hot ones have a shorter way, see `trpc_fast_path.ts`. */
export function trpcRoute(options: RouteOptions) {
  return async function trpc(c: HonoContext<HttpEnv>): Promise<Response> {
    const { request, refusal } = await checked(c.req.raw, options.bodyDeadline);
    const response = await fetchRequestHandler({
      endpoint: TRPC_PATH,
      req: request,
      router: appRouter,
      allowMethodOverride: true,
      createContext({ resHeaders }) {
        if (refusal !== null) throw refusal; // here it gets tRPC's shape
        return procedureContext(c, options, resHeaders);
      },
      responseMeta({ errors }) {
        const timedOut = errors.length > 0 && errors.every((error) => toHttpStatus(error) === 504);
        return timedOut ? { status: 504 } : {};
      },
      onError({ error }) {
        if (error.code === "INTERNAL_SERVER_ERROR") logUnforeseen(error, c.get("requestId"));
      },
    });
    return wantsVersion10Stream(c.req.raw.headers) ? await asVersion10Stream(response) : response;
  };
}

/** Whoever asks for v11's stream as well is answered with that. */
function wantsVersion10Stream(headers: Headers): boolean {
  const accept = headers.get("trpc-accept") ?? headers.get("accept");
  return headers.get("trpc-batch-mode") === "stream" && accept !== "application/jsonl";
}

// A form, which tRPC would take too, a foreign page can send with an admin's cookie.
const NOT_JSON = "content-type must be application/json";

function isJson(request: Request): boolean {
  return /^application\/json\b/i.test(request.headers.get("content-type") ?? "");
}

interface Checked {
  readonly request: Request;
  readonly refusal: TRPCError | null;
}

async function checked(request: Request, deadline: RouteOptions["bodyDeadline"]): Promise<Checked> {
  if (request.method === "POST" && !isJson(request)) {
    return {
      request,
      refusal: new TRPCError({ code: "UNSUPPORTED_MEDIA_TYPE", message: NOT_JSON }),
    };
  }
  if (request.body === null) return { request, refusal: null };
  const body = await readText(request, deadline);
  return body.ok
    ? { request: withBody(request, body.text), refusal: null }
    : { request: withBody(request, "{}"), refusal: bodyError(body) };
}
