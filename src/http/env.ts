/** The environment that Hono's handlers share. */

import type { Context as HonoContext } from "hono";
import type { FindCookies } from "../auth/cookies.ts";
import type { Identify } from "../auth/identify.ts";
import { readTokens } from "../auth/token.ts";
import { readKey, readKeyHeader } from "../api_keys/read_key.ts";
import type { Admin } from "../admin/port.ts";
import type { Identification } from "../events/identification.ts";
import type { Service } from "../events/ingest.ts";
import type { IsForeign } from "./foreign_page.ts";
import type { Context, ResponseHeaders } from "../trpc/init.ts";
import type { BodyLimits } from "./body.ts";
import { type ContextOptions, requestContext } from "./request_context.ts";

/** Hono's environment. */
export interface HttpEnv {
  Bindings: Partial<Deno.ServeHandlerInfo>;
  Variables: { requestId: string };
}

/** Returns what an API key says about its sender. Never throws. */
export type IdentifyKey = (key: string) => Promise<Identification>;

/** Options of the endpoints. */
export interface RouteOptions extends ContextOptions {
  readonly service: Service;
  readonly admin: Admin;
  readonly identify: Identify;
  readonly findCookies: FindCookies;
  readonly identifyKey: IdentifyKey;
  readonly isForeign: IsForeign;
  /** What bounds bodies while they arrive. */
  readonly bodies: BodyLimits;
}

/** Creates the context of a procedure from a request. */
export function procedureContext(
  c: HonoContext<HttpEnv>,
  options: RouteOptions,
  resHeaders: ResponseHeaders,
): Context {
  const headers = c.req.raw.headers;
  let identification: ReturnType<Identify> | null = null;
  function identify(again = false): ReturnType<Identify> | null {
    if (identification !== null && !again) return identification;
    const given = readKeyHeader(headers);
    const key = readKey(headers, given);
    if (key !== null) return identification = options.identifyKey(key);
    const tokens = readTokens(headers, options.findCookies);
    if (tokens.length > 0) identification = options.identify(tokens);
    else if (given !== null) identification = options.identifyKey(given); // says that it is none
    return identification;
  }
  return {
    service: options.service,
    admin: options.admin,
    request: requestContext(headers, remoteAddress(c.env?.remoteAddr), options),
    isForeign: () => options.isForeign(c.req.raw),
    identify,
    resHeaders,
  };
}

/** Reads the address of the caller. */
export function readIp(c: HonoContext<HttpEnv>, options: ContextOptions): string | null {
  return requestContext(c.req.raw.headers, remoteAddress(c.env?.remoteAddr), options).ip;
}

function remoteAddress(address: Deno.Addr | undefined): string | null {
  return address !== undefined && "hostname" in address ? address.hostname : null;
}
