/** Events that a server sends on behalf of somebody (contract 13.7). */

import { z } from "zod";
import { cut } from "../events/cut.ts";
import { findIdFault, ID_TAKES } from "../events/id_text.ts";
import { eventSchema, must, type ParsedEvent, uuid } from "../events/schema.ts";
import type { Caller, RequestContext } from "../events/types.ts";
import { parseAddress } from "../ip_address.ts";

/** As of a request's header. */
const MAX_USER_AGENT = 512;

const id = z.custom<string | number>((value) => findIdFault(value) === null, must(ID_TAKES))
  .transform(String).optional();
const address = must("an IP address");
const text = must("a string");

const context = z.object({
  userId: id,
  role: id,
  creatorId: id,
  brandId: id,
  sessionId: uuid.optional(),
  ip: z.string(address).refine((value) => parseAddress(value) !== null, address).optional(),
  userAgent: z.string(text).transform((value) => cut(value, MAX_USER_AGENT)).optional(),
}, must("an object"));

/** An event of a sender who may say whose it is. */
export const eventOnBehalfSchema = eventSchema({ context: context.optional() });

/** Whose event it is. */
export type ParsedContext = z.output<typeof context>;

/** An event that passed either schema. */
export type AttributedEvent = ParsedEvent & { readonly context?: ParsedContext | undefined };

/** The event with the session of its context, which counts before its own. */
export function withSession(event: AttributedEvent): AttributedEvent {
  if (event.context?.sessionId === undefined) return event;
  const { sessionId, ...context } = event.context;
  return { ...event, sessionId, context };
}

/**
 * The caller as if the subject had sent the event: of the server's own request nothing is left, or the
 * subject would seem to be where the server is. What it shows of a browser is not known.
 */
export function onBehalf(caller: Caller, context: ParsedContext): Caller {
  const { userId = null, role = null, creatorId = null, brandId = null } = context;
  const request: RequestContext = {
    ip: context.ip ?? null,
    userAgent: context.userAgent ?? null,
    referrer: null,
    language: null,
    clientHints: null,
    place: null,
    ...(caller.context.trace === undefined ? {} : { trace: caller.context.trace }),
  };
  return { ...caller, identity: { userId, role, creatorId, brandId }, context: request };
}
