/** Responses in plain JSON; errors have the shape that the guide gives them. */

import { TRPCError } from "@trpc/server";
import { getLogger } from "@logtape/logtape";
import { publicError, type ResponseHeaders } from "../trpc/init.ts";
import { SlowCallerError } from "../trpc/status.ts";
import type { Body } from "./body.ts";

const logger = getLogger(["sluice", "http"]);

/** Calls a procedure and responds with its result or error, and with the headers that it set. */
export async function respondWith(
  headers: Headers,
  requestId: string,
  call: () => Promise<unknown>,
): Promise<Response> {
  try {
    return Response.json(await call(), { headers });
  } catch (error) {
    return errorResponse(toTRPCError(error), requestId, headers);
  }
}

/** The response to a body that could not be read. */
export function bodyErrorResponse(body: Body & { ok: false }, requestId: string): Response {
  const headers = new Headers();
  setBodyHeaders(body, headers);
  return errorResponse(toBodyError(body), requestId, headers);
}

/** Why a body could not be read, as a tRPC error. */
export function toBodyError({ code, message }: Body & { ok: false }): TRPCError {
  return code === "TIMEOUT" ? new SlowCallerError(message) : new TRPCError({ code, message });
}

/** Sets `Retry-After` if the body could be read later, `Accept-Encoding` if with another coding. */
export function setBodyHeaders(
  { retryAfterSeconds, acceptEncoding }: Partial<Body & { ok: false }>,
  headers: ResponseHeaders,
): void {
  if (retryAfterSeconds !== undefined) headers.set("Retry-After", String(retryAfterSeconds));
  if (acceptEncoding !== undefined) headers.set("Accept-Encoding", acceptEncoding);
}

/** The response for an error: `{code, message, data?: {zodError}}`. */
export function errorResponse(error: TRPCError, requestId: string, headers?: Headers): Response {
  const { code, status, message, zodError } = publicError(error);
  if (code === "INTERNAL_SERVER_ERROR") logUnexpected(error, requestId);
  const data = zodError === null ? {} : { data: { zodError } };
  return Response.json({ code, message, ...data }, { status, headers: headers ?? {} });
}

/** Logs an unexpected error (contract 2.10). */
export function logUnexpected(error: TRPCError, requestId: string): void {
  logger.error("Unexpected error: {error}", { error: error.cause ?? error, requestId });
}

/** Wraps any error in a tRPC error; an unknown one becomes a 500. */
export function toTRPCError(error: unknown): TRPCError {
  return error instanceof TRPCError
    ? error
    : new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: error });
}
