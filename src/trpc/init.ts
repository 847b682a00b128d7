/** The setup of tRPC: context, shape of errors, the check for admins. */

import { initTRPC, TRPCError } from "@trpc/server";
import { z } from "zod";
import type { Admin } from "../admin/port.ts";
import type { Service } from "../events/ingest.ts";
import { describeZodError, flattenZodError, type FlatZodError } from "../events/schema.ts";
import { isEnvelope, transformedError } from "../events/transformed.ts";
import type { Identification } from "../events/identification.ts";
import type { RequestContext } from "../events/types.ts";
import { toHttpStatus } from "./status.ts";

/** Where procedures set response headers: `Headers`, or a `Map`, which is cheaper for hot calls. */
export interface ResponseHeaders {
  set(name: string, value: string): unknown;
}

/** The context of a procedure. */
export interface Context {
  readonly service: Service;
  readonly admin: Admin;
  readonly request: RequestContext;
  /** Verifies the caller's token, once per request; `null` if there is none. */
  readonly identify: () => Promise<Identification> | null;
  /** Whether a page of another site made the browser send the request; see `http/foreign_page.ts`. */
  readonly isForeign: () => boolean;
  /** Headers of the response. */
  readonly resHeaders: ResponseHeaders;
}

/** An error as callers may see it (contract 2.5, 2.10): no stack, no internals. */
export interface PublicError {
  readonly code: TRPCError["code"];
  readonly status: number;
  readonly message: string;
  readonly zodError: FlatZodError | null;
}

/** Reduces an error to what callers may see. */
export function publicError(error: TRPCError): PublicError {
  const { code, cause } = error;
  const status = toHttpStatus(error);
  if (cause instanceof z.ZodError && code !== "INTERNAL_SERVER_ERROR") {
    return { code, status, message: describeZodError(cause), zodError: flattenZodError(cause) };
  }
  const message = code === "INTERNAL_SERVER_ERROR" ? "Internal server error" : error.message;
  return { code, status, message, zodError: null };
}

const t = initTRPC.context<Context>().create({
  isDev: false,
  // Without pings, an idle stream looks dead, and proxies close it.
  sse: { ping: { enabled: true, intervalMs: 3_000 } },
  errorFormatter({ shape, error, input }) {
    const { message, status, zodError } = publicError(error);
    const { path } = shape.data;
    const plain = {
      ...shape,
      message,
      data: {
        code: shape.data.code,
        httpStatus: status,
        ...(path === undefined ? {} : { path }),
        ...(zodError === null ? {} : { zodError }),
      },
    };
    // A client with superjson reads nothing but `json`, and would show an error without a message.
    return isEnvelope(input) ? { ...plain, json: plain } : plain;
  },
});

/** Creates routers. */
export const router = t.router;

/** The input of procedures without parameters. */
export const noInput = z.object({}).optional();

/** Creates functions that call procedures directly, without the protocol. */
export const createCallerFactory = t.createCallerFactory;

/** A procedure for all callers. */
export const publicProcedure = t.procedure;

/** A procedure for admins (contract 6.3). */
export const adminProcedure = t.procedure.use(async ({ ctx, next, getRawInput }) => {
  // First, as the formatter of errors depends on it. Its own error comes later, from the procedure.
  const input = await getRawInput().catch(() => undefined);
  const identification = await ctx.identify();
  if (identification?.kind !== "identified") throw unidentifiedError(identification);
  if (ctx.isForeign()) {
    throw new TRPCError({
      code: "FORBIDDEN",
      message: "This endpoint does not accept requests from pages of other sites",
    });
  }
  if (!identification.isAdmin) {
    throw new TRPCError({
      code: "FORBIDDEN",
      message: "This endpoint requires the ADMIN role or another of AUTH_ADMIN_ROLES",
    });
  }
  const transformed = isEnvelope(input) ? transformedError(input) : null;
  if (transformed !== null) throw new TRPCError({ code: "BAD_REQUEST", cause: transformed });
  return await next();
});

function unidentifiedError(identification: Identification | null): TRPCError {
  if (identification?.kind === "unverified") {
    const message =
      "The token cannot be verified yet, as AUTH_JWKS_URL has not responded with its key; try again";
    return new TRPCError({ code: "SERVICE_UNAVAILABLE", message });
  }
  const message = identification?.kind === "refused"
    ? `The token is not accepted: ${identification.message}`
    : "This endpoint requires a token, and the request has none";
  return new TRPCError({ code: "UNAUTHORIZED", message });
}
