/** `admin.*`: the procedures behind the dashboard, beside the integrators' `eventIngestion.*`. */

import { tracked, TRPCError } from "@trpc/server";
import { PostgresUnavailableError, TooManyTailsError } from "../admin/port.ts";
import {
  apiKeys,
  createdApiKey,
  newApiKeyInput,
  revoked,
  revokeInput,
} from "../admin/schema/api_keys.ts";
import {
  deadLetterPage,
  deadLettersInput,
  discarded,
  discardInput,
  replayed,
  replayInput,
} from "../admin/schema/dead_letters.ts";
import {
  eventPage,
  receipt,
  receiptInput,
  recentEventsInput,
  tailInput,
} from "../admin/schema/events.ts";
import { overview } from "../admin/schema/overview.ts";
import { rejections } from "../admin/schema/rejections.ts";
import { timeseries, timeseriesInput } from "../admin/schema/timeseries.ts";
import {
  adminProcedure as guardedAdmin,
  checkStillReads,
  noInput,
  readProcedure as guardedRead,
  router,
} from "./init.ts";

const readProcedure = guardedRead.use(async ({ next }) => reportUnavailable(await next()));
const adminProcedure = guardedAdmin.use(async ({ next }) => reportUnavailable(await next()));

function reportUnavailable<T extends { readonly ok: boolean }>(result: T): T {
  const error = "error" in result ? result.error : null;
  if (error instanceof TRPCError && error.cause instanceof PostgresUnavailableError) {
    throw new TRPCError({ code: "SERVICE_UNAVAILABLE", message: error.cause.message });
  }
  return result;
}

const deadLetters = router({
  list: readProcedure.input(deadLettersInput).output(deadLetterPage)
    .query(({ ctx, input }) => ctx.admin.listDeadLetters(input)),

  replay: adminProcedure.input(replayInput).output(replayed)
    .mutation(({ ctx, input }) => ctx.admin.replayDeadLetters(input)),

  discard: adminProcedure.input(discardInput).output(discarded)
    .mutation(async ({ ctx, input }) => ({
      discarded: await ctx.admin.discardDeadLetters(input.eventIds),
    })),
});

// Also to list them needs the scope `admin`, or a key could find out what else there is to steal.
const apiKeysRouter = router({
  list: adminProcedure.input(noInput).output(apiKeys)
    .query(({ ctx }) => ctx.admin.apiKeys.list()),

  create: adminProcedure.input(newApiKeyInput).output(createdApiKey)
    .mutation(({ ctx, input }) => ctx.admin.apiKeys.create(input)),

  revoke: adminProcedure.input(revokeInput).output(revoked)
    .mutation(async ({ ctx, input }) => ({ revoked: await ctx.admin.apiKeys.revoke(input.id) })),
});

/** The procedures for admins. */
export const adminRouter = router({
  overview: readProcedure.input(noInput).output(overview)
    .query(({ ctx }) => ctx.admin.overview()),

  timeseries: readProcedure.input(timeseriesInput).output(timeseries)
    .query(({ ctx, input }) => ctx.admin.timeseries(input)),

  recentEvents: readProcedure.input(recentEventsInput).output(eventPage)
    .query(({ ctx, input }) => ctx.admin.recentEvents(input)),

  tail: readProcedure.input(tailInput)
    .subscription(async function* ({ ctx, input, signal }) {
      const until = signal ?? AbortSignal.abort();
      try {
        for await (const [id, update] of ctx.admin.tail(input, until)) {
          await checkStillReads(ctx);
          yield tracked(id, update);
        }
      } catch (cause) {
        if (!(cause instanceof TooManyTailsError)) throw cause;
        throw new TRPCError({ code: "TOO_MANY_REQUESTS", message: cause.message });
      }
    }),

  receipt: readProcedure.input(receiptInput).output(receipt)
    .query(({ ctx, input }) => ctx.admin.receipt(input)),

  deadLetters,

  apiKeys: apiKeysRouter,

  rejections: readProcedure.input(noInput).output(rejections)
    .query(({ ctx }) => ctx.admin.rejections()),
});
