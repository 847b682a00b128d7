/**
 * The short way for the one call that is hot: a single, unbatched `track` or `trackBatch` as plain
 * JSON. It runs the same procedure with the same context; only what tRPC's adapter does for every
 * other shape of request is left out. A test compares the two ways byte by byte.
 */

import { callTRPCProcedure, getTRPCErrorFromUnknown, getTRPCErrorShape } from "@trpc/server";
import { getHTTPStatusCode } from "@trpc/server/http";
import type { Context as HonoContext } from "hono";
import { appRouter, track } from "../../trpc/router.ts";
import { bodyError, logUnforeseen } from "../answer.ts";
import { isPlainAndSmall, readText, withBody } from "../body.ts";
import { type DoorOptions, type HttpEnv, procedureContext } from "../env.ts";

const TRACK = "eventIngestion.track";
const HOT = [TRACK, "eventIngestion.trackBatch"] as const;
const PATHS: ReadonlyMap<string, typeof HOT[number]> = new Map(
  HOT.map((path) => [`/api/trpc/${path}`, path]),
);
/** Headers by which a request asks for another shape of answer. */
const OTHER_SHAPES = ["trpc-accept", "trpc-batch-mode"];

/** An answer, or the request as it still has to be answered by tRPC's adapter. */
export type LeanAnswer = Response | { readonly request: Request };

/** Answers the hot call. */
export async function answerLean(
  c: HonoContext<HttpEnv>,
  options: DoorOptions,
): Promise<LeanAnswer> {
  const request = c.req.raw;
  const path = PATHS.get(c.req.path);
  if (path === undefined || !isHot(request)) return { request };
  const body = await readText(request, options.bodyDeadline);
  let input: unknown;
  try {
    input = body.ok ? JSON.parse(body.text) : undefined;
  } catch {
    return { request: withBody(request, body.ok ? body.text : "") };
  }

  const resHeaders = new Headers();
  const ctx = procedureContext(c, options, resHeaders);
  let answer: Parameters<typeof getHTTPStatusCode>[0];
  try {
    if (!body.ok) throw bodyError(body);
    // No middleware stands before `track`, and its input is judged by admission: tRPC's pipeline would
    // copy the context three times and add nothing.
    const data = path === TRACK ? await track({ input, ctx }) : await callTRPCProcedure({
      router: appRouter,
      path,
      ctx,
      type: "mutation",
      getRawInput: () => Promise.resolve(input),
      signal: undefined, // no procedure looks at it, and asking for it costs as much as reading the body
      batchIndex: 0,
    });
    answer = { result: { data } };
  } catch (cause) {
    const error = getTRPCErrorFromUnknown(cause);
    if (error.code === "INTERNAL_SERVER_ERROR") logUnforeseen(error, c.get("requestId"));
    const config = appRouter._def._config;
    answer = { error: getTRPCErrorShape({ config, ctx, error, input, path, type: "mutation" }) };
  }
  const headers: [string, string][] = [
    ["vary", "trpc-accept, accept"],
    ["content-type", "application/json"],
    ...resHeaders,
  ];
  return new Response(JSON.stringify(answer), { status: getHTTPStatusCode(answer), headers });
}

function isHot(request: Request): boolean {
  const { method, url, headers } = request;
  return method === "POST" && !url.includes("?") && isPlainAndSmall(request) &&
    headers.get("content-type") === "application/json" &&
    headers.get("accept") !== "application/jsonl" &&
    !OTHER_SHAPES.some((name) => headers.has(name));
}
