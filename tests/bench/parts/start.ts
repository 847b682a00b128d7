/** `start`: from the start of the process to the response to its first `track`, which is durable. */

import { interleave, toFigure } from "../figure.ts";
import { NO_POSTGRES, scriptOf, startServer, startService } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

const probe = {
  path: "/api/trpc/eventIngestion.track",
  method: "POST",
  headers: { "content-type": "application/json" },
  body: '{"eventType":"page_viewed"}',
} as const;

/** Part `start`. */
export const startPart = {
  name: "start",
  title: "from process start to the first event accepted",
  async run(suite: Suite): Promise<Figure[]> {
    const { scale, progress } = suite;
    const startLimit = async () => {
      await using server = await startServer(scriptOf("empty_serve"), { probe });
      return server.readyMs;
    };
    const start = async () => {
      await using server = await startService(await suite.newFolder(), NO_POSTGRES, {}, { probe });
      return server.readyMs;
    };
    progress("warming up");
    await startLimit();
    await start();
    const [limit, service] = await interleave(
      { progress, scale: { repeats: scale.starts } },
      "ms",
      [
        { name: "empty server", measure: startLimit },
        { name: "first event accepted", measure: start },
      ],
    );
    return [toFigure({
      part: "start",
      name: "process start to the first event accepted",
      unit: "ms",
      values: service,
      limit: { name: "Deno.serve with an empty handler", values: limit },
    })];
  },
};
