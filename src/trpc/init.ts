/** tRPC, set up once: context, the shape of errors, the admins' guard. */

import { initTRPC, TRPCError } from "@trpc/server";
import { z } from "zod";
import type { Admin } from "../admin/port.ts";
import type { Service } from "../events/ingest.ts";
import { describeZodError, flattenZodError, type FlatZodError } from "../events/schema.ts";
import type { Identity, RequestContext } from "../events/types.ts";
import { toHttpStatus } from "./status.ts";

/** Where a procedure puts headers of the answer: `Headers`, or a `Map`, which costs a hot call less. */
export interface ResponseHeaders {
  set(name: string, value: string): unknown;
}

/** What a procedure is called with. */
export interface Context {
  readonly service: Service;
  readonly admin: Admin;
  readonly request: RequestContext;
  /** Who calls, `null` where nobody says so; verified at the first question, once a request. */
  readonly identify: () => Promise<Identity | null> | null;
  /** Whether a page of another site has it sent, with the user's cookie perhaps. */
  readonly isForeign: () => boolean;
  /** Headers of the answer. */
  readonly resHeaders: ResponseHeaders;
}

/** What a caller may read of an error (contract 2.5, 2.10): no stack, no internals. */
export interface PublicError {
  readonly code: TRPCError["code"];
  readonly status: number;
  readonly message: string;
  readonly zodError: FlatZodError | null;
}

/** Reduces an error to what a caller may read. */
export function publicError(error: TRPCError): PublicError {
  const { code, cause } = error;
  const status = toHttpStatus(error);
  if (cause instanceof z.ZodError) {
    return { code, status, message: describeZodError(cause), zodError: flattenZodError(cause) };
  }
  const message = code === "INTERNAL_SERVER_ERROR" ? "Something went wrong" : error.message;
  return { code, status, message, zodError: null };
}

const t = initTRPC.context<Context>().create({
  isDev: false,
  // A quiet stream and a dead one look the same without it; proxies close both.
  sse: { ping: { enabled: true, intervalMs: 3_000 } },
  errorFormatter({ shape, error }) {
    const { message, status, zodError } = publicError(error);
    const { path } = shape.data;
    return {
      ...shape,
      message,
      data: {
        code: shape.data.code,
        httpStatus: status,
        ...(path === undefined ? {} : { path }),
        ...(zodError === null ? {} : { zodError }),
      },
    };
  },
});

/** Makes routers. */
export const router = t.router;

/** The input of a procedure that asks for nothing. */
export const nothing = z.object({}).optional();

/** Makes callers that need no request. */
export const createCallerFactory = t.createCallerFactory;

/** A procedure for everybody. */
export const publicProcedure = t.procedure;

/** A procedure for admins (contract 6.3). */
export const adminProcedure = t.procedure.use(async ({ ctx, next }) => {
  const identity = await ctx.identify();
  if (identity === null) {
    throw new TRPCError({
      code: "UNAUTHORIZED",
      message: "This needs a valid token, and there is none",
    });
  }
  if (ctx.isForeign()) {
    throw new TRPCError({
      code: "FORBIDDEN",
      message: "This is for admins, and a page of another site asks",
    });
  }
  if (identity.role !== "ADMIN") {
    throw new TRPCError({ code: "FORBIDDEN", message: "This needs the role ADMIN" });
  }
  return await next();
});
