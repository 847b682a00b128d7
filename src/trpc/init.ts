/** The setup of tRPC: context, shape of errors, the check for admins. */

import { initTRPC, TRPCError } from "@trpc/server";
import { z } from "zod";
import type { Admin } from "../admin/port.ts";
import { allows, describeMissing, type Scope } from "../events/api_key.ts";
import type { Service } from "../events/ingest.ts";
import { describeZodError, flattenZodError, type FlatZodError } from "../events/schema.ts";
import { KvFormatError } from "../kv/format_error.ts";
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
  /** Verifies the caller's token or API key, once unless `again`; `null` if there is none. */
  readonly identify: (again?: boolean) => Promise<Identification> | null;
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

/** A procedure that reads, for admins (contract 6.3) and API keys with the scope `read` (13.3). */
export const readProcedure = procedureFor("read");

/** A procedure that changes something or shows keys, for admins and API keys with the scope `admin`. */
export const adminProcedure = procedureFor("admin");

function procedureFor(scope: Scope) {
  return t.procedure.use(async ({ ctx, next, getRawInput }) => {
    // First, as the formatter of errors depends on it. Its own error comes later, from the procedure.
    const input = await getRawInput().catch(() => undefined);
    checkAccess(await ctx.identify(), scope, ctx);
    const transformed = isEnvelope(input) ? transformedError(input) : null;
    if (transformed !== null) throw new TRPCError({ code: "BAD_REQUEST", cause: transformed });
    const result = await next();
    const cause = result.ok ? undefined : result.error.cause;
    if (!(cause instanceof KvFormatError)) return result;
    throw new TRPCError({ code: "SERVICE_UNAVAILABLE", message: cause.message, cause });
  });
}

/** Throws unless a caller may do what needs a scope. */
function checkAccess(identification: Identification | null, scope: Scope, ctx: Context): void {
  if (identification?.kind === "key") {
    const { key } = identification;
    if (!allows(key, scope)) throw forbidden(describeMissing(key, scope));
    return;
  }
  if (identification?.kind !== "identified") throw unidentifiedError(identification);
  if (ctx.isForeign()) {
    throw forbidden("This endpoint does not accept requests from pages of other sites");
  }
  if (!identification.isAdmin) {
    throw forbidden("This endpoint requires the ADMIN role or another of AUTH_ADMIN_ROLES");
  }
}

/**
 * Throws if the caller of a stream may no longer read: its token has expired, or its key was revoked. One
 * that cannot be verified at the moment could be when the stream began.
 */
export async function checkStillReads(ctx: Context): Promise<void> {
  const identification = await ctx.identify(true);
  if (identification?.kind !== "unverified") checkAccess(identification, "read", ctx);
}

type Unidentified = Exclude<Identification, { kind: "identified" | "key" }>;

function unidentifiedError(identification: Unidentified | null): TRPCError {
  switch (identification?.kind) {
    case undefined:
      return unauthorized(
        "This endpoint requires a token or an API key, and the request has neither",
      );
    case "unverified":
      return new TRPCError({
        code: "SERVICE_UNAVAILABLE",
        message: identification.credential === "key"
          ? "The API key cannot be verified yet, as Postgres does not respond; try again"
          : "The token cannot be verified yet, as AUTH_JWKS_URL has not responded with its key, or AUTH_SESSION_URL not at all; try again",
      });
    case "refused":
      return unauthorized(`The token is not accepted: ${identification.message}`);
    case "key_refused":
      return unauthorized(identification.message);
  }
}

function forbidden(message: string): TRPCError {
  return new TRPCError({ code: "FORBIDDEN", message });
}

function unauthorized(message: string): TRPCError {
  return new TRPCError({ code: "UNAUTHORIZED", message });
}
