/** The router that every endpoint calls (contract section 1). */

import { TRPCError } from "@trpc/server";
import { z } from "zod";
import { OUTCOMES } from "../events/outcome.ts";
import type {
  BatchTrackResponse,
  EventCreated,
  FlushResponse,
  IngestionStats,
} from "../events/responses.ts";
import type { BatchTrackInput } from "../events/track_input.ts";
import { transformedError } from "../events/transformed.ts";
import type { Identification } from "../events/identification.ts";
import type { Caller, RequestContext, TrackEventInput } from "../events/types.ts";
import { adminRouter } from "./admin.ts";
import { setRetryAfter, toBatchResult, toTrackResponse } from "./responses.ts";
import {
  adminProcedure,
  type Context,
  createCallerFactory,
  noInput,
  publicProcedure,
  readProcedure,
  router,
} from "./init.ts";

/** The largest batch (contract 3.1). */
export const MAX_BATCH_EVENTS = 50;

// Admission validates events, each by itself; this only gives the input its type.
function acceptAnything(input: unknown): TrackEventInput {
  return input as TrackEventInput;
}

// `checkBatch` does it; this only gives the input its type.
function acceptAnyBatch(input: unknown): BatchTrackInput {
  return input as BatchTrackInput;
}

// Not z.array, which looks at each of half a million items: a quarter of a second for 1 KB of gzip.
const aBatch = z.object(
  { events: z.custom<TrackEventInput[]>(isFilledArray, "must be an array of 1 to 50 events") },
  'the body must be an object {"events": […]}',
);

function isFilledArray(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** What a rejected batch counts for in the rate limit: its events, at least one, at most a full batch. */
function countEvents(input: unknown): number {
  const events = typeof input === "object" && input !== null && "events" in input && input.events;
  return Array.isArray(events) ? Math.min(Math.max(events.length, 1), MAX_BATCH_EVENTS) : 1;
}

/** Why a batch is rejected as a whole, by its shape and the number of its events alone; else `null`. */
function checkBatch(input: unknown): TRPCError | null {
  const parsed = aBatch.safeParse(input);
  if (!parsed.success) {
    const cause = transformedError(input) ?? parsed.error;
    return new TRPCError({ code: "BAD_REQUEST", cause });
  }
  const total = parsed.data.events.length;
  if (total <= MAX_BATCH_EVENTS) return null;
  return new TRPCError({
    code: "PAYLOAD_TOO_LARGE",
    message: `events must have at most ${MAX_BATCH_EVENTS} entries, got ${total}`,
  });
}

/** Not a promise without a token: most callers are anonymous, and an await costs a hot call 2 %. */
function readCaller(context: Context): Caller | Promise<Caller> {
  const { request } = context;
  const isIrrelevant = request.anonymous && !context.service.requiresKey;
  const identifying = isIrrelevant ? null : context.identify();
  if (identifying === null) return { identity: null, context: request };
  // A page of another site can send any event with a visitor's cookie.
  if (context.isForeign()) return { identity: null, context: request };
  return identifying.then((identification) => toCaller(identification, request));
}

function toCaller(identification: Identification, context: RequestContext): Caller {
  switch (identification.kind) {
    case "identified":
      if (context.anonymous) return { identity: null, isUnnamed: true, context };
      return { identity: identification.identity, context };
    case "key":
      return { identity: null, key: identification.key, context };
    case "key_refused":
      return { identity: null, context, keyRefusal: identification };
    case "refused":
      return { identity: null, context, refusal: identification };
    case "unverified":
      return { identity: null, context, unverified: identification.credential ?? "token" };
  }
}

/** The procedure `track`, exported for the fast path, which bypasses tRPC's pipeline. */
export async function runTrack(
  { input, ctx }: { readonly input: unknown; readonly ctx: Context },
): Promise<EventCreated> {
  const caller = readCaller(ctx);
  const known = caller instanceof Promise ? await caller : caller;
  return toTrackResponse(await ctx.service.ingest(input, known), ctx.resHeaders);
}

const eventIngestion = router({
  track: publicProcedure.input(acceptAnything).mutation(runTrack),

  trackBatch: publicProcedure
    .input(acceptAnyBatch)
    .mutation(async ({ input, ctx }): Promise<BatchTrackResponse> => {
      const caller = await readCaller(ctx);
      const rejection = checkBatch(input);
      if (rejection !== null) {
        const limited = ctx.service.limit(caller, countEvents(input));
        if (limited !== null) toTrackResponse(limited, ctx.resHeaders); // throws
        throw rejection;
      }
      const total = input.events.length;
      const outcomes = await Promise.all(
        input.events.map((event) => ctx.service.ingest(event, caller)),
      );
      const ofCaller = outcomes.find(({ kind }) => OUTCOMES[kind].ofCaller);
      if (ofCaller !== undefined) toTrackResponse(ofCaller, ctx.resHeaders); // throws
      const results = outcomes.map(toBatchResult);
      setRetryAfter(outcomes, ctx.resHeaders);
      const successful = results.filter(({ status }) => status === "fulfilled").length;
      return { total, successful, failed: total - successful, results };
    }),

  getStats: readProcedure
    .input(noInput)
    .query(({ ctx }): Promise<IngestionStats> => ctx.service.stats()),

  forceFlush: adminProcedure
    .input(noInput)
    .mutation(async ({ ctx }): Promise<FlushResponse> => {
      const forced = await ctx.service.forceFlush();
      switch (forced.result) {
        case "flushed":
          return { flushed: true, message: `Flushed ${forced.events} events` };
        case "empty":
          return { flushed: true, message: "Buffer is empty" };
        case "unavailable":
          return {
            flushed: false,
            message: `Not flushed; the events stay in the buffer: ${forced.reason}`,
          };
        case "timeout":
          throw new TRPCError({
            code: "TIMEOUT",
            message: "Another flush is still running after 30 s",
          });
      }
    }),
});

/** All procedures. */
export const appRouter = router({ eventIngestion, admin: adminRouter });

/** Calls procedures directly, without the tRPC protocol. */
export const createCaller = createCallerFactory(appRouter);
