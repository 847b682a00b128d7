/** `batch`: `trackBatch` of 50 events. Postgres is unavailable, as in `track`. */

import { MANAGED_LIMITS } from "../../../src/kv/limits.ts";
import { openBufferingService } from "../buffering_service.ts";
import { interleave, toFigure } from "../figure.ts";
import type { BareKvRequest } from "../limits/bare_kv.ts";
import { KEY_NAMES, type Keys } from "../load/keys.ts";
import { kvPathOf, scriptOf } from "../servers.ts";
import { Subprocess } from "../subprocess.ts";
import type { Figure, Suite } from "../types.ts";

const KEYS: readonly Keys[] = ["none", "random", "ordered"];
const route = "trackBatch";

/** Part `batch`. */
export const batchPart = {
  name: "batch",
  title: "trackBatch of 50, with and without keys",
  async run(suite: Suite): Promise<Figure[]> {
    const { limit, rates } = await measureBatch(suite, KEYS);
    return KEYS.map((keys, i) =>
      toFigure({
        part: "batch",
        name: `trackBatch of 50, 8 connections, ${KEY_NAMES[keys]}`,
        unit: "events/s",
        values: rates[i] ?? [],
        limit: { name: "bare kv.atomic() loop: segment, dedup keys", values: limit },
        target: { atLeast: 0.7 },
      })
    );
  },
};

/** Measures events per second of the limit, and of the service with each kind of keys. */
export async function measureBatch(
  suite: Suite,
  kinds: readonly Keys[],
): Promise<{ limit: number[]; rates: number[][] }> {
  const { scale: { seconds, warmUpSeconds }, progress } = suite;
  const path = kvPathOf(await suite.newFolder());
  const bareLoop = { path, eventsPerCommit: MANAGED_LIMITS.groupSize, inFlight: 1 };
  await using bare = new Subprocess<BareKvRequest, number>(scriptOf("bare_kv"));
  await using sluice = await openBufferingService(suite);
  progress("warming up");
  await bare.request({ ...bareLoop, seconds: warmUpSeconds / 2 });
  await sluice.run({ route, seconds: warmUpSeconds });
  const [limit, ...rates] = await interleave(suite, "events/s", [
    { name: "bare loop", measure: () => bare.request({ ...bareLoop, seconds }) },
    ...kinds.map((keys) => ({
      name: `trackBatch, ${KEY_NAMES[keys]}`,
      measure: () => sluice.eventsPerSecond({ route, seconds, keys }),
    })),
  ]);
  await sluice.check();
  return { limit, rates };
}
