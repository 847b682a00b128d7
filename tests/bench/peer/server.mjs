/** Accepts events: Fastify, tRPC and a Redis list, as a team would write it in a day. Runs in Node. */

import { randomUUID } from "node:crypto";
import process from "node:process";
import { initTRPC } from "@trpc/server";
import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import Fastify from "fastify";
import { Redis } from "ioredis";
import { z } from "zod";

/** How long a key is remembered. */
const KEY_SECONDS = 60;
/** A batch of 50 calls has all of their names in its path. */
const MAX_PATH = 5_000;

const redis = new Redis(Number(process.env.REDIS_PORT), "127.0.0.1");

const event = z.object({
  eventType: z.string().min(1).max(100),
  source: z.enum(["web", "mobile", "server", "email"]).default("web"),
  entityType: z.enum(["product", "order", "page", "campaign", "user"]).optional(),
  entityId: z.cuid().optional(),
  sessionId: z.uuid().optional(),
  props: z.record(z.string(), z.unknown()).optional(),
  attribution: z.object({
    referrer: z.string().max(2000).optional(),
    landingPage: z.string().max(2000).optional(),
    utmSource: z.string().max(200).optional(),
    utmMedium: z.string().max(200).optional(),
    utmCampaign: z.string().max(200).optional(),
  }).optional(),
  idempotencyKey: z.uuid().optional(),
});

const t = initTRPC.context().create();
const router = t.router({
  eventIngestion: t.router({
    track: t.procedure.input(event).mutation(async ({ input, ctx }) => {
      if (input.idempotencyKey !== undefined) {
        const key = `key:${input.idempotencyKey}`;
        const isNew = await redis.set(key, "1", "EX", KEY_SECONDS, "NX");
        if (isNew === null) return { tracked: true };
      }
      const queued = { id: randomUUID(), at: Date.now(), ...input, ...ctx };
      await redis.rpush("events", JSON.stringify(queued));
      return { tracked: true };
    }),
  }),
});

const app = Fastify({ routerOptions: { maxParamLength: MAX_PATH } });
app.register(fastifyTRPCPlugin, {
  prefix: "/api/trpc",
  trpcOptions: {
    router,
    createContext: ({ req }) => ({ ip: req.ip, userAgent: req.headers["user-agent"] ?? null }),
  },
});
app.get("/livez", () => ({ ok: true }));
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
