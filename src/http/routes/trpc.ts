/** `POST/GET /api/trpc/*`: the router behind tRPC's own adapter. */

import { getTRPCErrorShape, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { Context as HonoContext } from "hono";
import { appRouter } from "../../trpc/router.ts";
import { toHttpStatus } from "../../trpc/status.ts";
import { logUnexpected, setBodyHeaders, toBodyError } from "../responses.ts";
import { type Body, notJson, type ReadIp, readText, withBody } from "../body.ts";
import { checkCalls } from "./trpc_batch.ts";
import { wrapLines } from "./trpc_wrapped_stream.ts";
import { asVersion10Stream } from "./trpc_version_10.ts";
import { type HttpEnv, procedureContext, readIp, type RouteOptions } from "../env.ts";

/** Where the router is mounted. */
export const TRPC_PATH = "/api/trpc";

/** Handles tRPC calls: single, batched, streamed. Hot ones take `trpc_fast_path.ts` instead. */
export function trpcRoute(options: RouteOptions) {
  return async function trpc(c: HonoContext<HttpEnv>): Promise<Response> {
    const query = queryOf(c.req.url);
    const tooMany = checkCalls(c.req.path.slice(TRPC_PATH.length + 1), query);
    if (tooMany !== null) return trpcErrorResponse(tooMany);
    const checked = await checkBody(c.req.raw, options.bodies, () => readIp(c, options));
    const { request, error: bodyError, refused, inputs } = checked;
    const response = await fetchRequestHandler({
      endpoint: TRPC_PATH,
      req: request,
      router: appRouter,
      allowMethodOverride: true,
      createContext({ resHeaders }) {
        setBodyHeaders(refused ?? {}, resHeaders);
        if (bodyError !== null) throw bodyError; // thrown here, it gets tRPC's shape
        return procedureContext(c, options, resHeaders);
      },
      responseMeta({ errors }) {
        const timedOut = errors.length > 0 && errors.every((error) => toHttpStatus(error) === 504);
        return timedOut ? { status: 504 } : {};
      },
      onError({ error }) {
        if (error.code === "INTERNAL_SERVER_ERROR") logUnexpected(error, c.get("requestId"));
      },
    });
    if (response.status === 405) response.headers.set("allow", "POST, OPTIONS"); // a mutation by GET
    if (wantsVersion10Stream(c.req.raw.headers)) return await asVersion10Stream(response);
    return await wrapLines(response, inputs ?? query.get("input") ?? "");
  };
}

/** Not `new URL`: an invalid Host header makes none. */
function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(url.replace(/^[^?]*/, ""));
}

/** The error of a whole request, in tRPC's shape: clients reject each of its calls with it. */
function trpcErrorResponse(error: TRPCError): Response {
  const config = appRouter._def._config;
  const shape = getTRPCErrorShape({
    config,
    ctx: undefined,
    error,
    input: undefined,
    path: undefined,
    type: "unknown",
  });
  const headers = { "content-type": "application/json" };
  return new Response(JSON.stringify({ error: shape }), { status: toHttpStatus(error), headers });
}

/** Whether the caller accepts only the stream of version 10, and not that of 11. */
function wantsVersion10Stream(headers: Headers): boolean {
  const accept = headers.get("trpc-accept") ?? headers.get("accept");
  return headers.get("trpc-batch-mode") === "stream" && accept !== "application/jsonl";
}

function isJson(request: Request): boolean {
  return /^application\/json\b/i.test(request.headers.get("content-type") ?? "");
}

interface CheckedBody {
  readonly request: Request;
  readonly error: TRPCError | null;
  readonly refused?: Body & { ok: false };
  /** The text of the body. */
  readonly inputs?: string;
}

/** Reads the body, which must be JSON: a foreign page can send a form with an admin's cookie. */
async function checkBody(
  request: Request,
  bodies: RouteOptions["bodies"],
  readIp: ReadIp,
): Promise<CheckedBody> {
  if (request.method === "POST" && !isJson(request)) {
    const type = request.headers.get("content-type")?.slice(0, 40) ?? "";
    const message = `content-type must be application/json, got ${JSON.stringify(type)}`;
    return { request, error: new TRPCError({ code: "UNSUPPORTED_MEDIA_TYPE", message }) };
  }
  if (request.body === null) return { request, error: null };
  const body = await readText(request, bodies, readIp);
  const refused = body.ok ? findJsonProblem(body) : body;
  if (refused !== null) {
    return { request: withBody(request, "{}"), error: toBodyError(refused), refused };
  }
  const inputs = body.ok ? body.text : "";
  return { request: withBody(request, inputs), error: null, inputs };
}

/** tRPC's adapter parses the text again, but would not say where it is not JSON. */
function findJsonProblem({ text, json }: Body & { ok: true }): (Body & { ok: false }) | null {
  if (json !== undefined || text === "") return null; // nothing is a call without input
  try {
    JSON.parse(text);
    return null;
  } catch {
    return notJson(text);
  }
}
