/**
 * `remote`: `track` and `trackBatch` with KV elsewhere than in a file, while Postgres is unavailable, as in
 * `track`. First kinds of KV are compared with one another (`kv_kinds.ts`), then a denokv on this machine,
 * reached directly and through a proxy that delays each round trip, with bare commits over the same
 * connection: as many at once as the service makes, with as many events each as denokv allows.
 */

import { CONNECT_LIMITS } from "../../../src/kv/limits.ts";
import { findDenokv, openDenokv } from "../../support/denokv.ts";
import { openBufferingService } from "../buffering_service.ts";
import { DelayProxy } from "../delay_proxy.ts";
import { interleave, toFigure } from "../figure.ts";
import type { BareKvRequest } from "../limits/bare_kv.ts";
import { KEY_NAMES, type Keys } from "../load/keys.ts";
import type { Route } from "../load/requests.ts";
import { MissingError } from "../requirements.ts";
import { scriptOf } from "../servers.ts";
import { compareKinds } from "./kv_kinds.ts";
import { Subprocess } from "../subprocess.ts";
import type { Figure, Suite } from "../types.ts";

/** Added to each round trip; 0: no proxy. */
const DELAYS_MS = [0, 5, 20, 50] as const;
const FEW_DELAYS_MS = [0, 20] as const;
const LOADS: readonly { readonly route: Route; readonly keys: Keys }[] = [
  { route: "track", keys: "none" },
  { route: "track", keys: "random" },
  { route: "trackBatch", keys: "none" },
  { route: "trackBatch", keys: "random" },
];
const { groupSize: eventsPerCommit, commitsInFlight: inFlight } = CONNECT_LIMITS;
const MAX_REPEATS = 3;
/** Turns are this much shorter than a repeat of the scale: there are many. */
const SHORTER = 2;
/** A slow KV is measured, not refused. */
const PATIENT = { MAX_COMMIT_WAIT_MS: "60000" } as const;

/** Part `remote`. */
export const remotePart = {
  name: "remote",
  title: "track and trackBatch with KV over a network",
  async run(suite: Suite): Promise<Figure[]> {
    const figures = await compareKinds(suite);
    if (findDenokv() === null) {
      if (figures.length > 0) return figures;
      throw new MissingError(
        "PostgreSQL's server programs are missing: apt-get install postgresql; " +
          "denokv is missing: cargo install denokv, or set DENOKV to its path",
      );
    }
    for (const delayMs of suite.scale.allRows ? DELAYS_MS : FEW_DELAYS_MS) {
      figures.push(...await measureDelay(suite, delayMs));
    }
    return figures;
  },
};

/** Measures all loads on a denokv of their own. */
async function measureDelay(suite: Suite, delayMs: number): Promise<Figure[]> {
  const { progress, scale } = suite;
  const distance = delayMs === 0 ? "denokv on this machine" : `denokv ${delayMs} ms away`;
  progress(`starting ${distance}`);
  await using denokv = await openDenokv();
  await using proxy = delayMs === 0 ? null : new DelayProxy(denokv.port, delayMs);
  const path = proxy === null ? denokv.path : `http://127.0.0.1:${proxy.port}`;
  await using bare = new Subprocess<BareKvRequest, number>(scriptOf("bare_kv"));
  await using sluice = await openBufferingService(suite, {
    environment: { KV_PATH: path, ...PATIENT },
  });
  const seconds = scale.seconds / SHORTER;
  const measureLimit = () => bare.request({ path, eventsPerCommit, inFlight, seconds });
  progress(`${distance}: warming up`);
  await sluice.run({ route: "track", seconds: scale.warmUpSeconds / 2 });
  const turns = { progress, scale: { repeats: Math.min(scale.repeats, MAX_REPEATS) } };
  const [limit, ...rates] = await interleave(turns, "events/s", [
    { name: `${distance}, bare loop`, measure: measureLimit },
    ...LOADS.map(({ route, keys }) => ({
      name: `${distance}, ${route}, ${KEY_NAMES[keys]}`,
      measure: async () => {
        const { accepted, elapsedSeconds } = await sluice.run({ route, keys, seconds });
        return accepted / elapsedSeconds;
      },
    })),
  ]);
  await sluice.check(denokv.path);
  return LOADS.map(({ route, keys }, i) =>
    toFigure({
      part: "remote",
      name: `${route}, ${distance}, ${KEY_NAMES[keys]}`,
      unit: "events/s",
      values: rates[i] ?? [],
      limit: {
        name: `bare loop, ${inFlight} commits of ${eventsPerCommit} events in flight`,
        values: limit,
      },
    })
  );
}
