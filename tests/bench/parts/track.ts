/**
 * `track`: one event per request, durable before the response.
 *
 * This measures the request path alone. Postgres is unavailable, as the limit has nothing like a flush and
 * the two should share the machine equally. Part `pipeline` measures everything running at once.
 */

import { openBufferingService } from "../buffering_service.ts";
import { interleave, toFigure } from "../figure.ts";
import { KEY_NAMES, type Keys } from "../load/keys.ts";
import { scriptOf, startServer } from "../servers.ts";
import type { Figure, Suite } from "../types.ts";

/** On a KV file, random and time-ordered keys cost the same. */
const KEYS: readonly Keys[] = ["none", "random"];
const route = "track";

/** Part `track`. */
export const trackPart = {
  name: "track",
  title: "track, one event per request, with and without keys",
  async run(suite: Suite): Promise<Figure[]> {
    const { limit, rates } = await measureTrack(suite, KEYS);
    return KEYS.map((keys, i) =>
      toFigure({
        part: "track",
        name: `track, 64 connections, ${KEY_NAMES[keys]}`,
        unit: "requests/s",
        values: rates[i] ?? [],
        limit: { name: "stock tRPC adapter behind Hono, empty mutation", values: limit },
        target: { atLeast: 1.5 },
      })
    );
  },
};

/** Measures requests per second of the limit, and of the service with each kind of keys. */
export async function measureTrack(
  suite: Suite,
  kinds: readonly Keys[],
): Promise<{ limit: number[]; rates: number[][] }> {
  const { scale: { seconds, warmUpSeconds }, load, progress } = suite;
  await using stock = await startServer(scriptOf("stock_trpc"));
  await using sluice = await openBufferingService(suite);
  const measureLimit = async (seconds: number) =>
    (await load.run({ port: stock.port, route, seconds })).requests / seconds;
  progress("warming up");
  await measureLimit(warmUpSeconds);
  await sluice.run({ route, seconds: warmUpSeconds });
  const [limit, ...rates] = await interleave(suite, "requests/s", [
    { name: "stock adapter", measure: () => measureLimit(seconds) },
    ...kinds.map((keys) => ({
      name: `track, ${KEY_NAMES[keys]}`,
      measure: () => sluice.eventsPerSecond({ route, seconds, keys }),
    })),
  ]);
  await sluice.check();
  return { limit, rates };
}
