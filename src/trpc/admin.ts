/** `admin.*`: the procedures behind the dashboard, beside the integrators' `eventIngestion.*`. */

import { tracked, TRPCError } from "@trpc/server";
import { PostgresUnavailableError, TooManyTailsError } from "../admin/port.ts";
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
import { adminProcedure as guarded, noInput, router } from "./init.ts";

const adminProcedure = guarded.use(async ({ next }) => {
  const result = await next();
  if (!result.ok && result.error.cause instanceof PostgresUnavailableError) {
    const { message } = result.error.cause;
    throw new TRPCError({ code: "SERVICE_UNAVAILABLE", message });
  }
  return result;
});

const deadLetters = router({
  list: adminProcedure.input(deadLettersInput).output(deadLetterPage)
    .query(({ ctx, input }) => ctx.admin.listDeadLetters(input)),

  replay: adminProcedure.input(replayInput).output(replayed)
    .mutation(({ ctx, input }) => ctx.admin.replayDeadLetters(input)),

  discard: adminProcedure.input(discardInput).output(discarded)
    .mutation(async ({ ctx, input }) => ({
      discarded: await ctx.admin.discardDeadLetters(input.eventIds),
    })),
});

/** The procedures for admins. */
export const adminRouter = router({
  overview: adminProcedure.input(noInput).output(overview)
    .query(({ ctx }) => ctx.admin.overview()),

  timeseries: adminProcedure.input(timeseriesInput).output(timeseries)
    .query(({ ctx, input }) => ctx.admin.timeseries(input)),

  recentEvents: adminProcedure.input(recentEventsInput).output(eventPage)
    .query(({ ctx, input }) => ctx.admin.recentEvents(input)),

  tail: adminProcedure.input(tailInput)
    .subscription(async function* ({ ctx, input, signal }) {
      const until = signal ?? AbortSignal.abort();
      try {
        for await (const [id, update] of ctx.admin.tail(input, until)) yield tracked(id, update);
      } catch (cause) {
        if (!(cause instanceof TooManyTailsError)) throw cause;
        throw new TRPCError({ code: "TOO_MANY_REQUESTS", message: cause.message });
      }
    }),

  receipt: adminProcedure.input(receiptInput).output(receipt)
    .query(({ ctx, input }) => ctx.admin.receipt(input)),

  deadLetters,

  rejections: adminProcedure.input(noInput).output(rejections)
    .query(({ ctx }) => ctx.admin.rejections()),
});
