/** `start`: from the start of the process to its first answer, which is a `track` that is durable. */

import { byTurns, figureOf } from "../figure.ts";
import { NO_POSTGRES, scriptOf, startServer, startService } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

const probe = {
  path: "/api/trpc/eventIngestion.track",
  method: "POST",
  headers: { "content-type": "application/json" },
  body: '{"eventType":"page_viewed"}',
} as const;

/** The part. */
export const startPart = {
  name: "start",
  title: "start",
  async run(suite: Suite): Promise<Figure[]> {
    const { scale, progress } = suite;
    const startLimit = async () => {
      await using server = await startServer(scriptOf("empty_serve"), { probe });
      return server.firstAnswerMs;
    };
    const start = async () => {
      await using server = await startService(await suite.newFolder(), NO_POSTGRES, {}, { probe });
      return server.firstAnswerMs;
    };
    progress("warming up");
    await startLimit();
    await start();
    const { limit, service } = await byTurns(scale.starts, {
      limit: startLimit,
      service: async () => {
        const ms = await start();
        progress(`first answer after ${Math.round(ms)} ms`);
        return ms;
      },
    });
    return [figureOf({
      part: "start",
      name: "first event accepted after the start of the process",
      unit: "ms",
      values: service,
      limit: { name: "Deno.serve with an empty handler", values: limit },
    })];
  },
};
