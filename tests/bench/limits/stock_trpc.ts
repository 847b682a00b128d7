/**
 * Limit of `track` and `latency`: tRPC's own fetch adapter behind Hono, with the schema of `track` and a
 * mutation that does nothing.
 */

import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { Hono } from "hono";
import { trackEventSchema } from "../../../src/events/schema.ts";

const t = initTRPC.create();
const router = t.router({
  eventIngestion: t.router({
    track: t.procedure.input(trackEventSchema)
      .mutation(() => ({ eventId: null, tracked: true })),
  }),
});

const app = new Hono().all(
  "/api/trpc/*",
  (c) => fetchRequestHandler({ endpoint: "/api/trpc", req: c.req.raw, router }),
);

Deno.serve({ port: Number(Deno.env.get("PORT")), onListen: () => {} }, app.fetch);
